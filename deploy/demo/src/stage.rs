//! The federation on this machine: a hub and its nodes as real processes that join by invitation over mutual TLS.
//!
//! Knows the commands of the two programs and nothing of what is in them; it links none of their code.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::Path;

use anyhow::{Context, Result};

use crate::interrupt::Interrupt;
use crate::place::Place;
use crate::process::{Fleet, Task};
use crate::programs::Programs;

/// The settings of the hub and of a node, in the directory of each.
const HUB_SETTINGS: &str = "federal-hub.toml";
const NODE_SETTINGS: &str = "region-node.toml";
/// Longest wait for the hub's verdicts on two years of a region.
const PUSH_TIMEOUT_S: &str = "600";

/// A running federation. Dropping it ends its processes.
#[derive(Debug)]
pub struct Stage {
    programs: Programs,
    place: Place,
    interrupt: Interrupt,
    fleet: Fleet,
    hub_address: String,
    /// Where nodes below reach a node.
    addresses: BTreeMap<String, String>,
    hub_pages: Option<String>,
}

/// Who may look at the hub's pages in this run.
#[derive(Debug)]
pub struct Reader {
    /// The first page.
    pub address: String,
    /// The name to come in by.
    pub name: &'static str,
    /// The password, made for this run.
    pub password: String,
}

impl Stage {
    /// Founds the federation and starts its hub. Without a federation file it is the one that ships.
    pub fn found(programs: Programs, place: Place, interrupt: Interrupt, federation: Option<&Path>) -> Result<Self> {
        let mut stage = Self {
            programs,
            place,
            interrupt,
            fleet: Fleet::default(),
            hub_address: String::new(),
            addresses: BTreeMap::new(),
            hub_pages: None,
        };
        let hub = text(&stage.place.hub())?;
        let mut init = vec!["init", "--dir", &hub, "--host", "127.0.0.1"];
        let file = federation.map(text).transpose()?;
        if let Some(file) = &file {
            init.extend(["--federation", file]);
        }
        stage.hub("hub-init", &init)?;
        settle(&stage.place.hub().join(HUB_SETTINGS))?;
        let serve = ["serve", "--dir", &hub, "--pages", "127.0.0.1:0", "--json"];
        let server = Task::new(&stage.programs.hub, serve, &stage.place.logs(), "hub").serve(&stage.interrupt)?;
        server.address().clone_into(&mut stage.hub_address);
        stage.hub_pages = server.pages();
        stage.fleet.add(server);
        Ok(stage)
    }

    /// Invites a node for a territory, lets it join, and starts it.
    pub fn admit(&mut self, node: &str, territory: &str) -> Result<()> {
        let hub = text(&self.place.hub())?;
        let invite = ["invite", node, "--territory", territory, "--dir", &hub];
        let invitation = self.hub(&format!("{node}-invite"), &invite)?;
        let address = self.hub_address.clone();
        self.enter(node, &invitation, &address)
    }

    /// The same below a region that is up, which invites for a part of its own from a day on.
    pub fn admit_below(&mut self, node: &str, territory: &str, parent: &str, from: &str) -> Result<()> {
        let dir = text(&self.place.node(parent))?;
        let invite = ["invite", node, "--territory", territory, "--from", from, "--dir", &dir];
        let invitation = self.node(&format!("{node}-invite"), &invite)?;
        let address = self
            .addresses
            .get(parent)
            .context("вышестоящий узел не запущен")?
            .clone();
        self.enter(node, &invitation, &address)
    }

    /// Lets a node join by an invitation and starts it.
    fn enter(&mut self, node: &str, invitation: &str, parent: &str) -> Result<()> {
        let dir = text(&self.place.node(node))?;
        let file = self.place.data().join(format!("{node}.invitation"));
        fs::write(&file, invitation).with_context(|| format!("не удалось записать {}", file.display()))?;
        let join = ["join", "--dir", &dir, "--parent", parent, "--invitation", &text(&file)?];
        self.node(&format!("{node}-join"), &join)?;
        settle(&self.place.node(node).join(NODE_SETTINGS))?;
        let serve = ["serve", "--dir", &dir, "--pages", "off", "--json"];
        let server = Task::new(&self.programs.node, serve, &self.place.logs(), node).serve(&self.interrupt)?;
        self.addresses.insert(node.to_owned(), server.address().to_owned());
        self.fleet.add(server);
        Ok(())
    }

    /// Imports a file at a node.
    pub fn import(&self, node: &str, file: &Path, profile: &str, complete: Option<&str>) -> Result<String> {
        let (dir, file) = (text(&self.place.node(node))?, text(file)?);
        let mut import = vec!["import", &file, "--profile", profile, "--dir", &dir];
        import.extend(complete.iter().flat_map(|days| ["--complete", days]));
        self.node(&format!("{node}-import"), &import)
    }

    /// Seals a node's sheets, sends them, and waits for the hub's verdict on each.
    pub fn push(&self, node: &str) -> Result<String> {
        let dir = text(&self.place.node(node))?;
        self.node(
            &format!("{node}-push"),
            &["push", "--dir", &dir, "--wait", "--timeout", PUSH_TIMEOUT_S],
        )
    }

    /// A report of the hub. `name` is the name of its files among the logs.
    pub fn report(&self, name: &str, scope: &str, period: &str, compare: Option<&str>, format: &str) -> Result<String> {
        let hub = text(&self.place.hub())?;
        let mut report = vec![
            "report", "--scope", scope, "--period", period, "--format", format, "--dir", &hub,
        ];
        report.extend(compare.iter().flat_map(|period| ["--compare", period]));
        self.hub(name, &report)
    }

    /// The hub's members as JSON.
    pub fn nodes(&self, name: &str) -> Result<String> {
        self.hub(name, &["nodes", "--json", "--dir", &text(&self.place.hub())?])
    }

    /// A region's comparison of a member's sheets with its own count, as JSON.
    pub fn compare(&self, node: &str, member: &str, period: &str) -> Result<String> {
        let dir = text(&self.place.node(node))?;
        let compare = [
            "members", "compare", member, "--period", period, "--json", "--dir", &dir,
        ];
        self.node(&format!("{node}-compare"), &compare)
    }

    /// Stays up until somebody asks to stop; an error when one of the processes ends before.
    pub fn stay(&mut self) -> Result<()> {
        while !self.interrupt.is_asked() {
            self.fleet.check()?;
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
        Ok(())
    }

    /// Lets somebody look at the hub's pages: a user with a password of this run.
    pub fn reader(&self) -> Result<Option<Reader>> {
        let (Some(pages), hub) = (&self.hub_pages, text(&self.place.hub())?) else {
            return Ok(None);
        };
        let name = "demo";
        let password = self.hub("hub-user", &["user", "add", name, "--dir", &hub])?;
        Ok(Some(Reader {
            address: format!("https://{pages}/"),
            name,
            password: password.trim().to_owned(),
        }))
    }

    /// Where everything is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The programs that run.
    pub fn programs(&self) -> &Programs {
        &self.programs
    }

    /// Where the nodes reach the hub.
    pub fn hub_address(&self) -> &str {
        &self.hub_address
    }

    fn hub(&self, name: &str, arguments: &[&str]) -> Result<String> {
        Task::new(&self.programs.hub, arguments, &self.place.logs(), name).run(&self.interrupt)
    }

    fn node(&self, name: &str, arguments: &[&str]) -> Result<String> {
        Task::new(&self.programs.node, arguments, &self.place.logs(), name).run(&self.interrupt)
    }
}

/// Writes a free loopback port into the settings, so that it is the same whenever the process is started again.
fn settle(settings: &Path) -> Result<()> {
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = address.context("нет свободного порта")?;
    let read = fs::read_to_string(settings).with_context(|| format!("не читается {}", settings.display()))?;
    // A key of the top level stands before the first table.
    let written = format!("listen = \"{address}\"\n\n{read}");
    fs::write(settings, written).with_context(|| format!("не удалось записать {}", settings.display()))
}

fn text(path: &Path) -> Result<String> {
    let text = path
        .to_str()
        .with_context(|| format!("имя {} записано не в UTF-8", path.display()))?;
    Ok(text.to_owned())
}
