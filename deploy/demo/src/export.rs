//! A region's incidents as a file in our own columns: what the import profile `svodka` reads.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use anyhow::{Context, Result};
use domain::Code;
use domain::dictionary::Stamp;
use domain::incident::Incident;
use jiff::Timestamp;

/// The profile that reads these columns.
pub const PROFILE: &str = "svodka";

/// The stamps that generated incidents may have, in the order of the columns.
const STAMPS: [Stamp; 10] = [
    Stamp::Published,
    Stamp::Registered,
    Stamp::Assigned,
    Stamp::FirstReaction,
    Stamp::Interim,
    Stamp::Final,
    Stamp::Redirected,
    Stamp::NoAnswer,
    Stamp::Resolved,
    Stamp::Reopened,
];
/// The columns before the stamps.
const VALUES: [&str; 7] = [
    "external_id",
    "source",
    "territory",
    "topic",
    "network",
    "legal_kind",
    "addressed_to",
];

/// Writes the file whole.
pub fn write(path: &Path, incidents: &[Incident]) -> Result<()> {
    let file = File::create(path).with_context(|| format!("не удалось создать {}", path.display()))?;
    rows(BufWriter::new(file), incidents).with_context(|| format!("не удалось записать {}", path.display()))
}

fn rows(out: impl std::io::Write, incidents: &[Incident]) -> Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(VALUES.into_iter().chain(STAMPS.map(Stamp::code)).chain(["updated_at"]))?;
    for incident in incidents {
        for value in values(incident) {
            writer.write_field(value)?;
        }
        let mut updated = incident.stamps.registered();
        for at in STAMPS.map(|stamp| incident.stamps.get(stamp)) {
            updated = updated.max(at.unwrap_or(updated));
            writer.write_field(at.map(moment).transpose()?.unwrap_or_default())?;
        }
        writer.write_field(moment(updated)?)?;
        writer.write_record(None::<&[u8]>)?;
    }
    Ok(writer.flush()?)
}

fn values(incident: &Incident) -> [&str; 7] {
    let network = incident.network.as_str();
    [
        incident.external_id.as_str(),
        incident.source.as_str(),
        incident.territory.as_str(),
        incident.topic.as_str(),
        // A message that is of no network leaves the column empty.
        if network == Code::NONE { "" } else { network },
        incident.legal_kind.as_str(),
        incident.addressed_to.code(),
    ]
}

fn moment(at: i64) -> Result<String> {
    Ok(Timestamp::from_second(at)?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::incident::{AddressedTo, Stamps};

    #[test]
    fn a_row_has_the_columns_of_the_profile_and_was_updated_by_its_last_stamp() {
        let mut stamps = Stamps::registered_at(1_670_904_306);
        stamps.set(Stamp::Final, Some(1_670_904_366));
        let incident = Incident {
            source: Code::literal("pos"),
            external_id: Code::literal("pos-000001"),
            network: Code::none(),
            legal_kind: Code::literal("pos_message"),
            territory: Code::literal("65"),
            topic: Code::literal("roads"),
            addressed_to: AddressedTo::OfficialPage,
            executor: None,
            intake: None,
            stamps,
        };
        let mut written = Vec::new();
        rows(&mut written, &[incident]).unwrap();
        assert_eq!(
            String::from_utf8(written).unwrap(),
            "external_id,source,territory,topic,network,legal_kind,addressed_to,published,registered,assigned,\
             first_reaction,interim,final,redirected,no_answer,resolved,reopened,updated_at\n\
             pos-000001,pos,65,roads,,pos_message,official_page,,2022-12-13T04:05:06Z,,,,2022-12-13T04:06:06Z,,,,,\
             2022-12-13T04:06:06Z\n"
        );
    }
}
