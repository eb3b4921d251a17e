//! The source systems: what the model says of an incident, as the call that tells a node.

use domain::Code;
use prost_types::Timestamp;
use region_node::intake::{Caller, Intake, IntakeError, Pending};
use wire::pb;

use crate::map;
use crate::model::{Content, Fate, Told};

/// A call as it was made, to be made again.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    request: pb::IngestRequest,
    /// The answer it got, which a repeat must get as well.
    answer: Option<pb::IngestResponse>,
}

/// What became of an item, as the model says it.
pub use wire::pb::ItemOutcome as Outcome;

impl Call {
    /// A call under its own request id.
    pub fn new(id: &str, items: &[Told]) -> Self {
        Self {
            request: pb::IngestRequest {
                request_id: id.to_owned(),
                items: items.iter().map(item).collect(),
                ..pb::IngestRequest::default()
            },
            answer: None,
        }
    }

    /// The same items under another request id.
    #[must_use]
    pub fn again_as(&self, id: &str) -> Self {
        let mut request = self.request.clone();
        id.clone_into(&mut request.request_id);
        Self { request, answer: None }
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.request.items.len()
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The answer it got.
    pub fn answered(&self) -> bool {
        self.answer.is_some()
    }

    /// Makes the call and drops whatever is answered.
    pub fn lose(&self, intake: &Intake) -> Result<(), IntakeError> {
        let _lost: Pending<_> = intake.submit(&Caller::Local, self.request.clone())?;
        Ok(())
    }

    /// Makes the call; tells the outcomes, and whether the answer is the one of before, if there was one.
    pub async fn make(&mut self, intake: &Intake) -> Result<(Vec<Outcome>, bool), IntakeError> {
        let answer = intake.ingest(&Caller::Local, self.request.clone()).await?;
        let outcomes = answer.results.iter().map(pb::ItemResult::outcome).collect();
        let same = self.answer.as_ref().is_none_or(|before| *before == answer);
        self.answer = Some(answer);
        Ok((outcomes, same))
    }
}

/// Declares days of a source complete, or takes that back.
pub async fn declare(
    intake: &Intake,
    source: usize,
    days: (domain::Day, domain::Day),
    back: bool,
) -> Result<(), IntakeError> {
    let request = pb::DeclareCompleteRequest {
        source: map::SOURCES[source].to_owned(),
        from: days.0.to_string(),
        to: days.1.to_string(),
        revoked: back,
        intake_id: String::new(),
    };
    intake.declare(&Caller::Local, request).await.map(drop)
}

fn item(told: &Told) -> pb::IngestItem {
    let action = match told.fate {
        Fate::Put => pb::IngestAction::Put,
        Fate::Withdraw => pb::IngestAction::Withdraw,
        Fate::Restore => pb::IngestAction::Restore,
    };
    pb::IngestItem {
        incident: Some(incident(told.incident, &told.content)),
        updated_at: Some(moment(told.version_s)),
        action: action.into(),
        withdrawal_reason: pb::WithdrawalReason::Duplicate.into(),
        ..pb::IngestItem::default()
    }
}

fn incident(number: usize, content: &Content) -> pb::Incident {
    pb::Incident {
        external_id: format!("i{number}"),
        source: map::SOURCES[number % map::SOURCES.len()].to_owned(),
        territory: content.territory.as_str().to_owned(),
        topic: map::topic(number).as_str().to_owned(),
        registered: Some(moment(content.registered)),
        r#final: content.answered.map(moment),
        ..pb::Incident::default()
    }
}

fn moment(seconds: i64) -> Timestamp {
    Timestamp { seconds, nanos: 0 }
}

/// The source that tells of an incident.
pub fn source_of(incident: usize) -> Code {
    Code::literal(map::SOURCES[incident % map::SOURCES.len()])
}
