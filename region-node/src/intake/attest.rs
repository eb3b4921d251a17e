//! What one item of the journal attests, whatever stood when it came.
//!
//! An item that told all fields attests them all; one with a mask attests the fields it named; a withdrawal or a move
//! attests that alone and needs an incident to say it of; a reference attests what stood. So the same item can be heard
//! again over another standing version, when the batch that had brought that one is undone.

use std::borrow::Cow;

use domain::dictionary::Stamp;
use domain::incident::{AddressedTo, Incident, Stamps};
use domain::version::{Record, Standing, VersionKey};
use domain::{Code, incident};
use wire::pb;

use super::fields::{self, Field};

/// One item, read.
#[derive(Clone, Debug)]
pub(super) struct Attested {
    /// What was said. Of a tombstone only the key and the standing count.
    pub(super) said: Record,
    /// Fields that it spoke of; nothing for all of them.
    named: Option<Vec<Field>>,
    /// Lifts a tombstone.
    pub(super) restore: bool,
}

/// Source and id of the incident that an item speaks of; nothing for one that was not taken.
pub(super) fn identity(item: &pb::JournalItem) -> Option<(&str, &str)> {
    match item.item.as_ref()? {
        pb::journal_item::Item::Record(record) => Some((&record.source, &record.external_id)),
        pb::journal_item::Item::Unchanged(reference) => Some((&reference.source, &reference.external_id)),
    }
}

impl Attested {
    /// Reads an item that was taken. `standing` is how its incident stood when it came, which a reference repeats.
    pub(super) fn read(item: &pb::JournalItem, standing: Option<&Record>) -> Result<Self, String> {
        let said = match &item.item {
            Some(pb::journal_item::Item::Record(stored)) => {
                wire::record::from_pb(stored).map_err(|error| error.to_string())?
            }
            Some(pb::journal_item::Item::Unchanged(reference)) => {
                let (source, id) = (&reference.source, &reference.external_id);
                let stood =
                    standing.ok_or_else(|| format!("подтверждено обращение {source}/{id}, которого не было"))?;
                Record {
                    version: VersionKey(reference.version_ms),
                    ..stood.clone()
                }
            }
            None => return Err("пустая позиция".to_owned()),
        };
        let named = if item.named.is_empty() {
            None
        } else {
            Some(fields::named(&item.named).map_err(|path| format!("нет поля {path}"))?)
        };
        Ok(Self {
            said,
            named,
            restore: item.restore,
        })
    }

    /// The version that arrives where `standing` stands; nothing where it would not have been taken.
    pub(super) fn arriving(&self, standing: Option<&Record>) -> Option<Cow<'_, Record>> {
        let version = self.said.version;
        match (&self.said.standing, &self.named, standing) {
            (Standing::Live, None, _) => Some(Cow::Borrowed(&self.said)),
            (Standing::Live, Some(named), None) => first_is_whole(named).then(|| self.over(named, None)),
            (Standing::Live, Some(named), Some(known)) => Some(if stays_away(named, known) {
                Cow::Owned(Record {
                    version,
                    ..known.clone()
                })
            } else {
                self.over(named, Some(&known.incident))
            }),
            (gone, _, Some(known)) => Some(Cow::Owned(Record {
                incident: known.incident.clone(),
                version,
                standing: gone.clone(),
            })),
            (_, _, None) => None,
        }
    }

    /// A word for how it was said.
    pub(super) fn word(&self) -> &'static str {
        match (&self.said.standing, &self.named) {
            (Standing::Withdrawn(_), _) => "withdrawn",
            (Standing::Moved(_), _) => "moved",
            (Standing::Live, Some(_)) => "fields",
            (Standing::Live, None) => "version",
        }
    }

    fn over(&self, named: &[Field], base: Option<&Incident>) -> Cow<'_, Record> {
        let told = &self.said.incident;
        let mut incident = base
            .cloned()
            .unwrap_or_else(|| blank(&told.source, &told.external_id, told.stamps.registered()));
        for field in named {
            match *field {
                Field::Network => incident.network = told.network.clone(),
                Field::LegalKind => incident.legal_kind = told.legal_kind.clone(),
                Field::Territory => incident.territory = told.territory.clone(),
                Field::Topic => incident.topic = told.topic.clone(),
                Field::AddressedTo => incident.addressed_to = told.addressed_to,
                Field::Executor => incident.executor.clone_from(&told.executor),
                Field::IntakePoint => incident.intake.clone_from(&told.intake),
                Field::Stamp(stamp) => incident.stamps.set(stamp, told.stamps.get(stamp)),
            }
        }
        Cow::Owned(Record {
            incident,
            version: self.said.version,
            standing: Standing::Live,
        })
    }
}

/// Whether a mask names what the first version of an incident must say.
pub(super) fn first_is_whole(named: &[Field]) -> bool {
    [Field::Stamp(Stamp::Registered), Field::Territory]
        .iter()
        .all(|field| named.contains(field))
}

/// Whether fields without a territory speak of an incident that moved away: it stays there, what is said of it is another
/// node's.
pub(super) fn stays_away(named: &[Field], known: &Record) -> bool {
    matches!(known.standing, Standing::Moved(_)) && !named.contains(&Field::Territory)
}

/// An incident of which nothing is known but who and when.
pub(super) fn blank(source: &Code, id: &incident::ExternalId, registered: i64) -> Incident {
    Incident {
        source: source.clone(),
        external_id: id.clone(),
        network: Code::none(),
        legal_kind: Code::none(),
        territory: Code::none(),
        topic: Code::none(),
        addressed_to: AddressedTo::Unknown,
        executor: None,
        intake: None,
        stamps: Stamps::registered_at(registered),
    }
}
