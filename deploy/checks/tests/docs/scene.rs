//! Where a page is acted out: a directory, a hub that runs, and what stands in the page for the reader's own machine.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::page::Step;

/// Names a virtual environment with the packages of `deploy/checks/python/requirements.txt`.
const PYTHON: &str = "SVODKA_PYTHON";

/// The scene. Its processes end with it.
pub struct Scene {
    dir: TempDir,
    programs: PathBuf,
    hub: Option<Serving>,
}

/// A program at work.
struct Serving {
    child: Child,
    address: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Scene {
    /// A federation just founded, its hub at work.
    pub fn founded(programs: &Path) -> Self {
        let mut scene = Self {
            dir: tempfile::tempdir().unwrap(),
            programs: programs.to_owned(),
            hub: None,
        };
        scene.run("federal-hub init --dir /var/lib/svodka-hub", "founding");
        scene.hub = Some(scene.serve("federal-hub", "hub"));
        // What `git clone` would have brought.
        symlink(checks::root().join("proto"), scene.dir.path().join("proto")).unwrap();
        scene
    }

    /// The same with a member that has joined.
    pub fn joined(programs: &Path) -> Self {
        let scene = Self::founded(programs);
        scene.run(
            "federal-hub invite sverdlovsk --territory 65 --dir /var/lib/svodka-hub > sverdlovsk.invitation\n\
             region-node join --dir /var/lib/svodka --parent hub.example.org:7443 --invitation sverdlovsk.invitation\n\
             rm sverdlovsk.invitation",
            "joining",
        );
        scene
    }

    /// The same with a day that was reported, and a file after it that should not have been.
    pub fn mistaken(programs: &Path) -> Self {
        let scene = Self::joined(programs);
        let row = |id| {
            format!(
                "external_id,source,registered,updated_at,territory,topic\n\
                 {id},incident,2022-12-13T09:30:00+05:00,2022-12-15T10:00:00+05:00,65701,roads\n"
            )
        };
        for (file, id) in [("right.csv", "A-17"), ("wrong.csv", "A-18")] {
            fs::write(scene.dir.path().join(file), row(id)).unwrap();
            scene.run(&format!("region-node import {file} --profile svodka"), "importing");
        }
        scene.run("region-node push --wait\nmkdir backup", "pushing");
        scene
    }

    /// Takes the steps of a page, and says how many commands' blocks were run.
    pub fn act(&self, page: &str, steps: &[Step]) -> usize {
        let (mut run, mut files) = (0, Vec::new());
        for step in steps {
            match step {
                Step::Has(name, text) => files.push((name.as_str(), text.as_str())),
                Step::Runs { commands, with, line } => {
                    let place = format!("docs/{page}:{line}");
                    run += usize::from(self.block(commands, with, &files, &place));
                }
            }
        }
        run
    }

    /// Runs one block, unless the machine lacks what it is run with.
    fn block(&self, commands: &str, with: &[String], files: &[(&str, &str)], place: &str) -> bool {
        let has = |word: &str| with.iter().any(|with| with == word);
        if has("python") {
            let Some(environment) = std::env::var_os(PYTHON) else {
                println!("{place}: пропущено: {PYTHON} не задан");
                return false;
            };
            let here = self.dir.path().join("venv");
            if !here.exists() {
                symlink(environment, here).unwrap();
            }
        }
        if has("grpcurl") && Command::new("grpcurl").arg("-version").output().is_err() {
            println!("{place}: пропущено: нет grpcurl");
            return false;
        }
        if has("lost") {
            fs::rename(self.dir.path().join("node"), self.dir.path().join("lost")).unwrap();
        }
        let node = has("node").then(|| self.serve("region-node", "node"));
        let address = node.as_ref().map(|node| node.address.as_str());
        for (name, text) in files {
            fs::write(self.dir.path().join(name), self.own(text, address)).unwrap();
        }
        let commands = commands.replace("НОМЕР", &self.last_file(commands));
        let expected = with.iter().find_map(|word| word.strip_prefix("exit="));
        self.command(
            &self.own(&commands, address),
            expected.map_or(0, |code| code.parse().unwrap()),
            place,
        );
        true
    }

    /// The id that a reader would copy: of the file imported last.
    fn last_file(&self, commands: &str) -> String {
        if !commands.contains("НОМЕР") {
            return String::new();
        }
        let listed = self.command("region-node batches list", 0, "listing");
        let mut words = listed.split_whitespace();
        words
            .find(|word| word.starts_with("file-"))
            .expect("a file was imported")
            .to_owned()
    }

    fn run(&self, commands: &str, place: &str) {
        self.command(&self.own(commands, None), 0, place);
    }

    fn command(&self, commands: &str, expected: i32, place: &str) -> String {
        let path = std::env::var("PATH").unwrap_or_default();
        let done = Command::new("bash")
            .args(["-e", "-u", "-o", "pipefail", "-c", commands])
            .current_dir(self.dir.path())
            .env("PATH", format!("{}:{path}", self.programs.display()))
            .env("REGION_NODE_DIR", self.dir.path().join("node"))
            .env_remove("FEDERAL_HUB_DIR")
            .env_remove("SVODKA_LANG")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = [done.stdout, done.stderr]
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .concat();
        assert_eq!(done.status.code(), Some(expected), "{place}:\n{commands}\n{said}");
        said
    }

    /// The text with this scene's directories and addresses where the page has those of an example.
    fn own(&self, text: &str, ingest: Option<&str>) -> String {
        let dir = |name| self.dir.path().join(name).display().to_string();
        let hub = self.hub.as_ref().map_or("127.0.0.1:1", |hub| hub.address.as_str());
        text.replace("sudo -u svodka-hub ", "")
            .replace("sudo -u svodka ", "")
            .replace("/var/lib/svodka-hub", &dir("hub"))
            .replace("/var/lib/svodka", &dir("node"))
            .replace("/backup/", &dir("backup/"))
            .replace("hub.example.org:7443", hub)
            .replace("10.66.0.5:7444", ingest.unwrap_or("127.0.0.1:1"))
    }

    fn serve(&self, program: &str, dir: &str) -> Serving {
        let mut child = Command::new(self.programs.join(program))
            .args(["serve", "--listen", "127.0.0.1:0", "--json", "--dir"])
            .arg(self.dir.path().join(dir))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let announced: serde_json::Value = serde_json::from_str(&line).unwrap();
        let address = announced["listen"].as_str().unwrap().to_owned();
        Serving { child, address }
    }
}
