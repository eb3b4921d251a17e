//! Processes: commands that end by themselves, and servers that live until they are stopped.
//!
//! Promises that every word of a process is in a file, that an error names this file, and that no server outlives its
//! [`Fleet`]. Servers are in process groups of their own, so Ctrl-C reaches only the demo, which stops them in order.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::interrupt::Interrupt;

/// Between two looks at a process.
const LOOK: Duration = Duration::from_millis(20);
/// For a server to say that it is up.
const START: Duration = Duration::from_mins(1);
/// For a server to end after SIGTERM; it promises ten seconds.
const STOP: Duration = Duration::from_secs(15);
/// Lines of a log that an error shows.
const SHOWN_LINES: usize = 5;

/// A command with its place for words: standard output in `NAME.out`, standard error in `NAME.log`.
#[derive(Debug)]
pub struct Task {
    name: String,
    command: Command,
    out: PathBuf,
    log: PathBuf,
}

impl Task {
    /// `program` with `arguments`; `name` is the name of its files in `logs`.
    pub fn new<A: AsRef<std::ffi::OsStr>>(
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
        logs: &Path,
        name: &str,
    ) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).process_group(0);
        let file = |kind: &str| logs.join(format!("{name}.{kind}"));
        Self {
            name: name.to_owned(),
            command,
            out: file("out"),
            log: file("log"),
        }
    }

    fn spawn(&mut self) -> Result<Child> {
        let create = |path: &Path| File::create(path).with_context(|| format!("не удалось создать {}", path.display()));
        self.command.stdout(create(&self.out)?).stderr(create(&self.log)?);
        self.command
            .spawn()
            .with_context(|| format!("не удалось запустить {}", self.name))
    }

    /// Runs to the end and gives what it wrote to standard output.
    pub fn run(mut self, interrupt: &Interrupt) -> Result<String> {
        let mut child = self.spawn()?;
        loop {
            if let Some(status) = child.try_wait()? {
                if !status.success() {
                    bail!("{}: {status}{}", self.name, self.last_words());
                }
                return Ok(fs::read_to_string(&self.out)?);
            }
            if let Err(stopped) = interrupt.check() {
                end(&mut child);
                return Err(stopped);
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Starts a server and waits for the address that it announces.
    pub fn serve(mut self, interrupt: &Interrupt) -> Result<Server> {
        let child = self.spawn()?;
        let mut server = Server {
            task: self,
            child,
            address: String::new(),
        };
        let started = Instant::now();
        while server.address.is_empty() {
            interrupt.check()?;
            server.check()?;
            if started.elapsed() > START {
                bail!(
                    "{} не запустился за {} с{}",
                    server.task.name,
                    START.as_secs(),
                    server.task.last_words()
                );
            }
            std::thread::sleep(LOOK);
            server.address = announced(&fs::read_to_string(&server.task.out)?, "listen").unwrap_or_default();
        }
        Ok(server)
    }

    /// The log's name and its end, for an error.
    fn last_words(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let last = lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n  ");
        format!("; журнал: {}\n  {last}", self.log.display())
    }
}

/// An address in the first whole line, which is JSON.
fn announced(out: &str, name: &str) -> Option<String> {
    let (line, _) = out.split_once('\n')?;
    let announcement: serde_json::Value = serde_json::from_str(line).ok()?;
    announcement.get(name)?.as_str().map(str::to_owned)
}

/// A server that runs. Dropping it ends it.
#[derive(Debug)]
pub struct Server {
    task: Task,
    child: Child,
    address: String,
}

impl Server {
    /// Where its pages are, if it serves any.
    pub fn pages(&self) -> Option<String> {
        announced(&fs::read_to_string(&self.task.out).ok()?, "pages")
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// An error when it has ended.
    pub fn check(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{} остановился: {status}{}", self.task.name, self.task.last_words()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Servers in the order of their start.
#[derive(Debug, Default)]
pub struct Fleet(Vec<Server>);

impl Fleet {
    /// One more.
    pub fn add(&mut self, server: Server) {
        self.0.push(server);
    }

    /// An error when one of them has ended.
    pub fn check(&mut self) -> Result<()> {
        self.0.iter_mut().try_for_each(Server::check)
    }
}

impl Drop for Fleet {
    /// Nodes end before their hub, all nodes at once.
    fn drop(&mut self) {
        let first = 1.min(self.0.len());
        let (hub, nodes) = self.0.split_at_mut(first);
        for node in &mut *nodes {
            terminate(&mut node.child);
        }
        for server in nodes.iter_mut().chain(hub) {
            end(&mut server.child);
        }
    }
}

/// Asks the process to end. One that has ended already is not asked: its id may be another's by now.
fn terminate(child: &mut Child) {
    if !matches!(child.try_wait(), Ok(None)) {
        return;
    }
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // It may end between the look and the signal; it stays ours to wait for, so the id is still its own.
        let _ = kill_process(pid, Signal::TERM);
    }
}

/// Asks, waits, and in the end kills.
fn end(child: &mut Child) {
    terminate(child);
    let asked = Instant::now();
    while matches!(child.try_wait(), Ok(None)) {
        if asked.elapsed() > STOP {
            let _ = child.kill();
            let _ = child.wait();
            return;
        }
        std::thread::sleep(LOOK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(dir: &Path, script: &str) -> Task {
        Task::new(Path::new("/bin/sh"), ["-c", script], dir, "sh")
    }

    #[test]
    fn a_failed_command_names_its_log_and_shows_its_last_words() {
        let dir = tempfile::tempdir().unwrap();
        let error = shell(dir.path(), "echo нет места >&2; exit 74")
            .run(&Interrupt::never())
            .unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains("74") && error.contains("sh.log") && error.contains("нет места"),
            "{error}"
        );
        let said = shell(dir.path(), "echo готово").run(&Interrupt::never()).unwrap();
        assert_eq!(said, "готово\n");
    }

    #[test]
    fn a_server_is_up_when_it_has_announced_itself_and_ends_on_sigterm() {
        let dir = tempfile::tempdir().unwrap();
        let script =
            r#"trap 'echo stopped >&2; exit 0' TERM; echo '{"listen":"127.0.0.1:5"}'; while :; do sleep 0.05; done"#;
        let mut fleet = Fleet::default();
        let server = shell(dir.path(), script).serve(&Interrupt::never()).unwrap();
        assert_eq!(server.address(), "127.0.0.1:5");
        fleet.add(server);
        fleet.check().unwrap();
        drop(fleet);
        assert_eq!(fs::read_to_string(dir.path().join("sh.log")).unwrap(), "stopped\n");
    }

    #[test]
    fn a_server_that_ends_before_it_is_up_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let error = shell(dir.path(), "echo порт занят >&2; exit 78")
            .serve(&Interrupt::never())
            .unwrap_err();
        assert!(error.to_string().contains("порт занят"), "{error}");
    }
}
