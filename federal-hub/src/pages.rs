//! What the hub shows on its pages, and their listener.
//!
//! Every answer is read from the ledger and the fold as they stand; nothing is kept here. Knows no markup.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::federation::Federation;
use domain::member::Member;
use domain::sheet::Closure;
use domain::{Code, Day, NodeId, Period};
use federation::held;
use ledger::{Ledger, LedgerError};
use report::{Format, Report};
use runtime::{SharedRandom, Shutdown, Tasks};
use seal::merkle::leaf_hash;
use web::door::{CERTIFICATE_LIFE, DoorError, PagesDoor, Source, bind};
use web::{Cost, Entry, Proof, ReadError, Reading, Settings, SheetEntry, SheetLine, Site, SiteParts};
use wire::Statement;

use crate::figures::{Inquiry, ReportError};
use crate::hub::{Hub, OpenError};

/// Why the pages cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum PagesError {
    /// The listener or its certificate.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// The hub's own CA.
    #[error(transparent)]
    Keys(#[from] OpenError),
}

/// The hub as its pages read it.
struct HubPages(Arc<Hub>);

impl Hub {
    /// Serves the pages where the settings want them until `shutdown`; returns the address, if there is one. The tasks
    /// are the caller's to watch.
    pub async fn serve_pages(
        self: &Arc<Self>,
        settings: &Settings,
        random: SharedRandom,
        tasks: &mut Tasks,
        shutdown: &Shutdown,
    ) -> Result<Option<String>, PagesError> {
        let Some(listener) = bind(&settings.listen).await.map_err(DoorError::from)? else {
            return Ok(None);
        };
        let address = listener.local_addr().map_err(DoorError::from)?;
        let source = match &settings.files {
            Some((certificate, key)) => Source::Files(certificate.clone(), key.clone()),
            None => self.page_certificates(settings, &address.ip().to_string())?,
        };
        let door = PagesDoor::open(source, Arc::clone(&self.clock))?;
        let router = Site::router(SiteParts {
            reading: Arc::new(HubPages(Arc::clone(self))),
            dir: self.dir().to_owned(),
            clock: Arc::clone(&self.clock),
            random,
            cost: Cost::default(),
        });
        door.serve(listener, router, tasks, shutdown);
        Ok(Some(address.to_string()))
    }

    /// Certificates from the hub's own CA, for its names, the address it listens on and this machine's own name.
    fn page_certificates(&self, settings: &Settings, address: &str) -> Result<Source, PagesError> {
        let member_door = self.door()?;
        let mut hosts = [&member_door.hosts[..], &settings.hosts[..]].concat();
        hosts.extend(["localhost".to_owned(), address.to_owned()]);
        hosts.sort();
        hosts.dedup();
        Ok(Source::Authority(Box::new(move |key, now| {
            let (authority, name) = (&member_door.authority, &member_door.name);
            authority.issue(key, name, &hosts, now, CERTIFICATE_LIFE)
        })))
    }
}

impl Reading for HubPages {
    fn title(&self) -> String {
        format!("Сводка: хаб федерации {}", self.0.federation_id())
    }

    fn federation(&self) -> Result<Arc<Federation>, ReadError> {
        self.0.federation().map_err(|error| unread(&error))
    }

    /// The lowest unit that everything the members answer for lies in: the district, where one district has joined.
    fn home(&self, federation: &Federation) -> Code {
        let (tree, members) = (federation.tree(), held(self.0.ledger()).members());
        let mut home = tree.root().code.clone();
        let today = self.0.today(federation, &home);
        let covers: Vec<&Code> = members
            .iter()
            .flat_map(|member| &member.covers)
            .map(|cover| &cover.territory)
            .collect();
        let holds_all = |unit: &Code| !covers.is_empty() && covers.iter().all(|at| tree.is_within(at, unit, today));
        while let Some(lower) = tree
            .children(&home, today)
            .into_iter()
            .find(|unit| holds_all(&unit.code))
        {
            home = lower.code.clone();
        }
        home
    }

    fn extent(&self) -> Option<(Day, Day)> {
        extent(&held(self.0.ledger()))
    }

    fn report(
        &self,
        federation: &Federation,
        scope: &Code,
        period: Period,
        compare: Option<Period>,
    ) -> Result<Report, ReadError> {
        let inquiry = Inquiry {
            scope: scope.clone(),
            period,
            compare,
            format: Format::Html,
            today: self.0.today(federation, scope),
        };
        self.0.figures.model(federation, &inquiry).map_err(|error| match error {
            ReportError::Ledger(error) => unread(&error),
            unknown => ReadError::Unknown(unknown.to_string()),
        })
    }

    fn sheets(&self, federation: &Federation, scope: &Code, day: Day) -> Result<Vec<SheetLine>, ReadError> {
        let ledger = held(self.0.ledger());
        Ok(sheets(&ledger, &ledger.members(), federation, scope, day))
    }

    fn entry(&self, position: u64) -> Result<Option<Entry>, ReadError> {
        let ledger = held(self.0.ledger());
        let home = |node: &NodeId| Some(ledger.member(node)?.membership.covers.first()?.territory.clone());
        entry(&ledger, position, home).map_err(|error| unread(&error))
    }
}

fn unread(error: &LedgerError) -> ReadError {
    ReadError::Failed(error.to_string())
}

/// The entry at a position, its envelope opened.
fn entry(ledger: &Ledger, position: u64, home: impl Fn(&NodeId) -> Option<Code>) -> Result<Option<Entry>, LedgerError> {
    if position >= ledger.size() {
        return Ok(None);
    }
    let Some(stored) = ledger.entries(position..position + 1)?.pop() else {
        return Ok(None);
    };
    let envelope = wire::envelope::decode(&stored.envelope)?;
    let (head, said) = Statement::decode(&envelope.payload_type, &envelope.payload)?;
    let size = ledger.size();
    let proof = Proof {
        size,
        root: ledger.root().to_string(),
        hashes: ledger
            .prove_inclusion(position, size)
            .iter()
            .map(ToString::to_string)
            .collect(),
    };
    let kind = kind(&said);
    let sheet = match said {
        Statement::Sheet(sheet) => Some(SheetEntry {
            in_force: ledger
                .sheet(&head.node, sheet.facts.period)
                .is_some_and(|sheet| sheet.position == position),
            body: sheet.body.digest.to_string(),
            body_bytes: sheet.body.length,
            territory: home(&head.node),
            facts: sheet.facts,
        }),
        _ => None,
    };
    Ok(Some(Entry {
        position,
        kind,
        author: head.node,
        epoch: head.epoch,
        sequence: head.sequence,
        previous: head.previous.map(|previous| previous.to_string()),
        statement: envelope.statement_hash().to_string(),
        leaf: leaf_hash(&stored.envelope).to_string(),
        signer: envelope.key_id.to_string(),
        dsse: envelope.to_dsse_json(),
        payload_type: envelope.payload_type,
        received_at_ms: stored.received_at_ms,
        delivered: stored.delivered_by.map(|node| (node, stored.delivered_position)),
        sheet,
        proof,
    }))
}

const fn kind(said: &Statement) -> &'static str {
    match said {
        Statement::Genesis(_) => "начало журнала",
        Statement::Membership(_) => "членство узла",
        Statement::Sheet(_) => "лист",
        Statement::Dictionary(_) => "справочник",
        Statement::Refusal(_) => "отказ",
        Statement::Revocation(_) => "отзыв ключей",
        Statement::Decision(_) => "решение",
        Statement::Unknown(_) => "вид неизвестен, нужно обновление",
    }
}

/// The sheets in force for a day of the members that answer for something in the scope, or for something above it.
fn sheets(ledger: &Ledger, members: &[Member], federation: &Federation, scope: &Code, day: Day) -> Vec<SheetLine> {
    let tree = federation.tree();
    let speaks = |member: &Member| {
        let mut covers = member.covers.iter().map(|cover| &cover.territory);
        covers.any(|at| tree.is_within(at, scope, day) || tree.is_within(scope, at, day))
    };
    let speaking: BTreeSet<&NodeId> = members
        .iter()
        .filter(|member| speaks(member))
        .map(|member| &member.node)
        .collect();
    let of_day = ledger
        .sheets()
        .filter(|sheet| sheet.period.contains(day) && speaking.contains(&sheet.node));
    of_day
        .map(|sheet| SheetLine {
            position: sheet.position,
            node: sheet.node.clone(),
            period: sheet.period,
            revision: sheet.facts.revision,
            closed: sheet.facts.closure == Closure::Closed,
            refused: sheet.refused.clone(),
        })
        .collect()
}

/// The first and the last day of all sheets in force.
fn extent(ledger: &Ledger) -> Option<(Day, Day)> {
    let days = ledger.sheets().map(|sheet| (sheet.period.first(), sheet.period.last()));
    days.reduce(|(first, last), (from, to)| (first.min(from), last.max(to)))
}
