//! A stage for imports: a node that keeps the promises of the ingest service in memory, and files to import.

#![allow(dead_code, reason = "each test file uses its own part of the stage")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use indicatif::ProgressBar;
use region_node::import::{ImportError, ImportPlan, ImportSummary, Profile, run_import};
use runtime::{SeededRandom, Shutdown};
use tokio_stream::{Stream, StreamExt};
use tonic::service::Routes;
use tonic::transport::Channel;
use tonic::{Request, Response, Status, Streaming};
use wire::pb;
use wire::pb::ingest_service_server::{IngestService, IngestServiceServer};
use wire::pb::intake_service_server::{IntakeService, IntakeServiceServer};

/// What the node was told.
#[derive(Default)]
pub struct Told {
    /// The version that stands, by source and id.
    pub standing: BTreeMap<(String, String), pb::IngestItem>,
    /// The intakes, in order.
    pub intakes: Vec<pb::OpenIntakeRequest>,
    /// The declarations, in order.
    pub declared: Vec<pb::DeclareCompleteRequest>,
    /// Answers by batch id: a repeat gets the same one.
    answers: BTreeMap<String, pb::IngestResponse>,
    /// Sizes of the batches that were taken.
    pub batches: Vec<usize>,
    /// Repeats of a batch.
    pub repeats: usize,
    /// How many of the next batches are taken and then lost with the connection, before their answer.
    pub break_after: usize,
}

/// The node.
#[derive(Clone, Default)]
pub struct FakeNode(pub Arc<Mutex<Told>>);

impl FakeNode {
    /// A channel to it, good inside a runtime.
    pub fn channel(&self) -> Channel {
        let router = Routes::new(IngestServiceServer::new(self.clone()))
            .add_service(IntakeServiceServer::new(self.clone()))
            .into_axum_router();
        runtime::admin::in_process(router, Shutdown::new())
    }

    fn take(&self, request: pb::IngestRequest) -> Result<pb::IngestResponse, Status> {
        let mut told = self.0.lock().unwrap();
        assert!(!request.items.is_empty() && request.items.len() <= 1_000);
        let answer = if let Some(answer) = told.answers.get(&request.request_id).cloned() {
            told.repeats += 1;
            answer
        } else {
            let results = request
                .items
                .iter()
                .map(|item| judge(&mut told, item, request.validate_only))
                .collect();
            let answer = pb::IngestResponse {
                results,
                ..pb::IngestResponse::default()
            };
            told.answers.insert(request.request_id, answer.clone());
            told.batches.push(request.items.len());
            answer
        };
        if told.break_after > 0 {
            told.break_after -= 1;
            return Err(Status::unavailable("оборвалось"));
        }
        Ok(answer)
    }
}

fn judge(told: &mut Told, item: &pb::IngestItem, validate_only: bool) -> pb::ItemResult {
    let incident = item.incident.as_ref().unwrap();
    let rejected = |code: &str, field: &str, got: &str, message: &str| pb::ItemResult {
        outcome: pb::ItemOutcome::Rejected.into(),
        rejection: Some(pb::Rejection {
            code: code.to_owned(),
            field: format!("items[0].incident.{field}"),
            got: got.to_owned(),
            message: message.to_owned(),
        }),
        ..pb::ItemResult::default()
    };
    if incident.external_id.is_empty() {
        return rejected("EXTERNAL_ID_MISSING", "external_id", "", "нет id");
    }
    if incident.registered.is_none() {
        return rejected("REGISTERED_MISSING", "registered", "", "нет времени регистрации");
    }
    if incident.territory == "elsewhere" {
        return rejected("OUT_OF_SCOPE", "territory", "elsewhere", "территория другого узла");
    }
    let key = (incident.source.clone(), incident.external_id.clone());
    let at = |item: &pb::IngestItem| item.updated_at.map(|at| (at.seconds, at.nanos));
    let outcome = match told.standing.get(&key) {
        None => pb::ItemOutcome::Accepted,
        Some(current) if at(item) < at(current) => pb::ItemOutcome::Superseded,
        Some(current) if current.incident == item.incident && current.action == item.action => {
            pb::ItemOutcome::Unchanged
        }
        Some(_) => pb::ItemOutcome::Updated,
    };
    if outcome != pb::ItemOutcome::Superseded && !validate_only {
        told.standing.insert(key, item.clone());
    }
    let unmatched = if incident.topic == "неизвестное" {
        vec!["incident.topic".to_owned()]
    } else {
        Vec::new()
    };
    pb::ItemResult {
        outcome: outcome.into(),
        unmatched_fields: unmatched,
        ..pb::ItemResult::default()
    }
}

#[tonic::async_trait]
impl IngestService for FakeNode {
    async fn ingest(&self, request: Request<pb::IngestRequest>) -> Result<Response<pb::IngestResponse>, Status> {
        self.take(request.into_inner()).map(Response::new)
    }

    type IngestStreamStream = Pin<Box<dyn Stream<Item = Result<pb::IngestStreamResponse, Status>> + Send>>;

    async fn ingest_stream(
        &self,
        request: Request<Streaming<pb::IngestStreamRequest>>,
    ) -> Result<Response<Self::IngestStreamStream>, Status> {
        let node = self.clone();
        let answers = request.into_inner().map(move |message| {
            let batch = message?.batch.ok_or_else(|| Status::invalid_argument("no batch"))?;
            let request_id = batch.request_id.clone();
            Ok(pb::IngestStreamResponse {
                request_id,
                response: Some(node.take(batch)?),
            })
        });
        Ok(Response::new(Box::pin(answers)))
    }

    async fn declare_complete(
        &self,
        request: Request<pb::DeclareCompleteRequest>,
    ) -> Result<Response<pb::DeclareCompleteResponse>, Status> {
        self.0.lock().unwrap().declared.push(request.into_inner());
        Ok(Response::new(pb::DeclareCompleteResponse { journal_position: 1 }))
    }
}

#[tonic::async_trait]
impl IntakeService for FakeNode {
    async fn open_intake(
        &self,
        request: Request<pb::OpenIntakeRequest>,
    ) -> Result<Response<pb::OpenIntakeResponse>, Status> {
        let mut told = self.0.lock().unwrap();
        told.intakes.push(request.into_inner());
        Ok(Response::new(pb::OpenIntakeResponse {
            intake_id: format!("intake-{}", told.intakes.len()),
        }))
    }

    async fn issue_source(
        &self,
        _: Request<pb::IssueSourceRequest>,
    ) -> Result<Response<pb::IssueSourceResponse>, Status> {
        Err(Status::unimplemented("not asked by an import"))
    }

    async fn list_sources(
        &self,
        _: Request<pb::ListSourcesRequest>,
    ) -> Result<Response<pb::ListSourcesResponse>, Status> {
        Err(Status::unimplemented("not asked by an import"))
    }

    async fn revoke_source(
        &self,
        _: Request<pb::RevokeSourceRequest>,
    ) -> Result<Response<pb::RevokeSourceResponse>, Status> {
        Err(Status::unimplemented("not asked by an import"))
    }

    async fn push(&self, _: Request<pb::PushRequest>) -> Result<Response<pb::PushResponse>, Status> {
        Err(Status::unimplemented("not asked by an import"))
    }
}

/// A profile with a column of each kind, versions, and moments as a person writes them.
pub const PROFILE: &str = r#"
source = "pos"
[columns]
external_id = "id"
registered = "создано"
final = "отвечено"
updated_at = "изменено"
territory = "место"
topic = "тема"
addressed_to = "кому"
[values.topic]
"Дороги и транспорт" = "roads"
[values.addressed_to]
"страница" = "official_page"
[time]
formats = ["%d.%m.%Y %H:%M", "rfc3339"]
zone = "Asia/Yekaterinburg"
[withdrawal]
column = "статус"
values = { "дубль" = "duplicate" }
"#;

/// The header that [`PROFILE`] reads.
pub const HEADER: &str = "id;создано;отвечено;изменено;место;тема;кому;статус\n";

/// A directory with a file in it, and a plan to import it.
pub struct Desk {
    dir: tempfile::TempDir,
    profile: Arc<Profile>,
}

impl Desk {
    /// With [`PROFILE`].
    pub fn new() -> Self {
        Self::with(Profile::parse("test.toml", PROFILE).unwrap())
    }

    /// With another profile.
    pub fn with(profile: Profile) -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            profile: Arc::new(profile),
        }
    }

    /// The path of a file on the desk.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Puts a file on the desk.
    pub fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// A plan with nothing special.
    pub fn plan(&self, file: &Path) -> ImportPlan {
        ImportPlan {
            file: file.to_path_buf(),
            profile: Arc::clone(&self.profile),
            as_of: None,
            complete: None,
            dry_run: false,
            rejected: region_node::import::run::usual_list(file),
        }
    }

    /// The names on the desk.
    pub fn names(&self) -> BTreeSet<String> {
        let entries = std::fs::read_dir(self.dir.path()).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

/// Imports with a chance of its own: a run differs from the next as two commands do.
pub async fn import(node: &FakeNode, plan: ImportPlan, seed: u64) -> Result<ImportSummary, ImportError> {
    run_import(
        node.channel(),
        plan,
        Arc::new(SeededRandom::new(seed)),
        ProgressBar::hidden(),
    )
    .await
}
