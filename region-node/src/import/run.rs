//! One import from beginning to end: examine, open the intake, tell the rows, list the rejected, declare the days.
//!
//! Commit points. Before the intake is opened nothing of the file is known to the node. After that, each answered batch
//! is durable; a crash between two of them leaves the earlier ones, and a second run finds them unchanged. The list of
//! rejected rows is put in its place before days are declared, so that a declaration never hides it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::{Day, Histogram};
use indicatif::ProgressBar;
use jiff::Timestamp;
use runtime::SharedRandom;
use runtime::random::bytes;
use tokio::sync::mpsc;
use tonic::transport::Channel;
use wire::pb;
use wire::pb::ingest_service_client::IngestServiceClient;
use wire::pb::intake_service_client::IntakeServiceClient;

use super::batch::{self, Batch, Common};
use super::conversation::{self, IN_FLIGHT, Patience};
use super::error::ImportError;
use super::examine::{self, Examination};
use super::profile::Profile;
use super::reader::{Layout, RowReader};
use super::rejected::RejectedFile;
use super::rows::{Note, RowRejection, cut};
use super::summary::{Completeness, ImportSummary, SCHEMA, Unread};
use crate::status::EarlyAnswers;

/// Code of a rejection that says: another node's incident.
pub const OUT_OF_SCOPE: &str = "OUT_OF_SCOPE";
/// Sources remembered for a declaration; a file with more is no export of source systems.
const SOURCES_MAX: usize = 1_000;

/// What to import and how.
#[derive(Clone, Debug)]
pub struct ImportPlan {
    /// The file.
    pub file: PathBuf,
    /// How it is read.
    pub profile: Arc<Profile>,
    /// The export's as-of; stands over the profile's.
    pub as_of: Option<Timestamp>,
    /// Days to declare complete once everything is in.
    pub complete: Option<(Day, Day)>,
    /// Only say what would happen.
    pub dry_run: bool,
    /// Where the list of rejected rows goes.
    pub rejected: PathBuf,
}

impl ImportPlan {
    /// The version of rows that bring none.
    fn version(&self) -> Result<Option<Timestamp>, ImportError> {
        match (self.profile.has_versions(), self.as_of.or(self.profile.as_of)) {
            (true, Some(_)) => Err(ImportError::AsOfUnwanted),
            (false, None) => Err(ImportError::AsOfRequired),
            (_, as_of) => Ok(as_of),
        }
    }
}

/// Imports a file over the node's admin channel. `bar` counts bytes of the file, read twice.
pub async fn run_import(
    channel: Channel,
    plan: ImportPlan,
    random: SharedRandom,
    bar: ProgressBar,
) -> Result<ImportSummary, ImportError> {
    let as_of = plan.version()?;
    let (examination, reader) = prepare(&plan, &bar).await?;
    let mut patience = Patience::new(Arc::clone(&random));
    let intake_id = if plan.dry_run {
        String::new()
    } else {
        open_intake(channel.clone(), &plan, &examination, as_of, &mut patience).await?
    };
    let common = Common {
        profile: Arc::clone(&plan.profile),
        as_of,
        intake_id,
        validate_only: plan.dry_run,
        run: bytes(&*random),
        file: examination.sha256,
    };
    let mut tally = Tally::new(&plan, &common, reader.layout().clone());
    let (out, mut incoming) = mpsc::channel(IN_FLIGHT);
    let gathering = tokio::task::spawn_blocking(move || batch::gather(reader, &common, &out));
    let mut ingest = IngestServiceClient::new(channel);
    let told = conversation::tell(&mut ingest, &mut incoming, &mut patience, |batch, answer| {
        tally.settle(batch, &answer)
    });
    told.await?;
    gathering
        .await
        .map_err(|error| ImportError::Protocol(error.to_string()))?;
    let mut summary = tally.finish()?;
    if let Some(complete) = summary.complete.as_mut().filter(|complete| complete.declared) {
        declare(&mut ingest, complete, &summary.intake_id, &mut patience).await?;
    }
    Ok(summary)
}

/// The first pass, and the second at its beginning, off the async threads.
async fn prepare(plan: &ImportPlan, bar: &ProgressBar) -> Result<(Examination, RowReader), ImportError> {
    let (file, profile, bar) = (plan.file.clone(), Arc::clone(&plan.profile), bar.clone());
    let work = move || {
        bar.set_length(2 * examine::size(&file)?);
        let examination = examine::examine(&file, &profile, &bar)?;
        let reader = RowReader::open(&file, &profile, &examination, &bar)?;
        Ok((examination, reader))
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| ImportError::Protocol(error.to_string()))?
}

async fn open_intake(
    channel: Channel,
    plan: &ImportPlan,
    examination: &Examination,
    as_of: Option<Timestamp>,
    patience: &mut Patience,
) -> Result<String, ImportError> {
    let client = IntakeServiceClient::new(channel);
    let request = pb::OpenIntakeRequest {
        source: plan
            .profile
            .source
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        profile: plan.profile.label.clone(),
        file_sha256: examination.sha256.to_vec(),
        as_of_ms: as_of.map_or(0, Timestamp::as_millisecond),
    };
    let opened = patience.call(|| {
        let (mut client, request) = (client.clone(), request.clone());
        async move { client.open_intake(request).await }
    });
    Ok(opened.await?.intake_id)
}

async fn declare(
    client: &mut IngestServiceClient<Channel>,
    complete: &Completeness,
    intake_id: &str,
    patience: &mut Patience,
) -> Result<(), ImportError> {
    for source in &complete.sources {
        let request = pb::DeclareCompleteRequest {
            source: source.clone(),
            from: complete.from.to_string(),
            to: complete.to.to_string(),
            revoked: false,
            intake_id: intake_id.to_owned(),
        };
        let declared = patience.call(|| {
            let (mut client, request) = (client.clone(), request.clone());
            async move { client.declare_complete(request).await }
        });
        declared.await?;
    }
    Ok(())
}

/// Counts answers as they come.
struct Tally {
    summary: ImportSummary,
    layout: Layout,
    list: RejectedFile,
    fixed_source: bool,
    sources: BTreeSet<String>,
    /// By source, how many seconds before its registration each answer stands.
    early: BTreeMap<String, Histogram>,
}

impl Tally {
    fn new(plan: &ImportPlan, common: &Common, layout: Layout) -> Self {
        let summary = ImportSummary {
            schema: SCHEMA,
            file: plan.file.clone(),
            profile: plan.profile.label.clone(),
            dry_run: plan.dry_run,
            intake_id: common.intake_id.clone(),
            read: 0,
            accepted: 0,
            unchanged: 0,
            updated: 0,
            superseded: 0,
            rejected: 0,
            out_of_scope: 0,
            repeated: 0,
            repeated_example: None,
            unmatched: BTreeMap::new(),
            dropped_stamps: BTreeMap::new(),
            unread_stamps: BTreeMap::new(),
            early_answers: BTreeMap::new(),
            formats: plan.profile.moments.tried(),
            rejected_file: None,
            complete: plan.complete.map(|(from, to)| Completeness {
                from,
                to,
                sources: Vec::new(),
                declared: false,
            }),
        };
        let sources: BTreeSet<String> = plan.profile.source.iter().map(ToString::to_string).collect();
        Self {
            summary,
            layout,
            list: RejectedFile::new(&plan.rejected),
            fixed_source: !sources.is_empty(),
            sources,
            early: BTreeMap::new(),
        }
    }

    fn settle(&mut self, batch: Batch, answer: &pb::IngestResponse) -> Result<(), ImportError> {
        self.summary.read += batch.rows;
        self.summary.repeated += batch.repeats.len() as u64;
        self.summary.repeated_example = self.summary.repeated_example.or(batch.repeats.first().copied());
        batch.unread.iter().for_each(|note| self.unread(note));
        for note in &batch.unmatched {
            *self.summary.unmatched.entry(note.field.name().to_owned()).or_default() += 1;
        }
        let mut rejected = batch.rejected;
        for ((result, item), &line) in answer.results.iter().zip(&batch.request.items).zip(&batch.lines) {
            rejected.extend(self.result(result, item, line)?);
        }
        rejected.sort_by_key(|row| row.line);
        self.summary.rejected += rejected.len() as u64;
        self.summary.out_of_scope += rejected.iter().filter(|row| row.code == OUT_OF_SCOPE).count() as u64;
        rejected.iter().try_for_each(|row| self.list.push(row))
    }

    fn result(
        &mut self,
        result: &pb::ItemResult,
        item: &pb::IngestItem,
        line: u64,
    ) -> Result<Option<RowRejection>, ImportError> {
        let count = match result.outcome() {
            pb::ItemOutcome::Accepted => &mut self.summary.accepted,
            pb::ItemOutcome::Unchanged => &mut self.summary.unchanged,
            pb::ItemOutcome::Updated => &mut self.summary.updated,
            pb::ItemOutcome::Superseded => &mut self.summary.superseded,
            pb::ItemOutcome::Rejected => return Ok(Some(self.rejection(result, line))),
            pb::ItemOutcome::Unspecified => {
                return Err(ImportError::Protocol(format!("неизвестный исход строки {line}")));
            }
        };
        *count += 1;
        if matches!(result.outcome(), pb::ItemOutcome::Accepted | pb::ItemOutcome::Updated) {
            self.note_early(item);
        }
        for field in &result.unmatched_fields {
            *self.summary.unmatched.entry(last(field).to_owned()).or_default() += 1;
        }
        for stamp in &result.dropped_stamps {
            *self.summary.dropped_stamps.entry(last(stamp).to_owned()).or_default() += 1;
        }
        if let Some(incident) = item
            .incident
            .as_ref()
            .filter(|_| !self.fixed_source && self.sources.len() < SOURCES_MAX)
            && !self.sources.contains(&incident.source)
        {
            self.sources.insert(incident.source.clone());
        }
        Ok(None)
    }

    fn note_early(&mut self, item: &pb::IngestItem) {
        let Some(incident) = &item.incident else { return };
        let seconds = |stamp: &Option<prost_types::Timestamp>| stamp.as_ref().map(|stamp| stamp.seconds);
        let both = seconds(&incident.registered).zip(seconds(&incident.r#final));
        let by = both.and_then(|(registered, answered)| u64::try_from(registered - answered).ok());
        if let Some(by) = by.filter(|&by| by > 0) {
            let early = self.early.entry(incident.source.clone()).or_default();
            // A file has fewer rows than a counter holds.
            let _ = early.record(by);
        }
    }

    fn rejection(&self, result: &pb::ItemResult, line: u64) -> RowRejection {
        let told = result.rejection.clone().unwrap_or_default();
        let field = self.layout.column(last(&told.field));
        RowRejection {
            line,
            code: told.code,
            field,
            reason: told.message,
            got: cut(&told.got),
        }
    }

    fn unread(&mut self, note: &Note) {
        let name = note.field.name();
        *self.summary.dropped_stamps.entry(name.to_owned()).or_default() += 1;
        let first = Unread {
            count: 0,
            line: note.line,
            got: note.got.clone(),
        };
        self.summary.unread_stamps.entry(name.to_owned()).or_insert(first).count += 1;
    }

    fn finish(self) -> Result<ImportSummary, ImportError> {
        let Self {
            mut summary,
            list,
            sources,
            early,
            ..
        } = self;
        summary.early_answers = early
            .into_iter()
            .filter_map(|(source, early)| {
                let (count, median_s) = (early.total(), early.quantile(1, 2)?);
                Some((source, EarlyAnswers { count, median_s }))
            })
            .collect();
        summary.rejected_file = list.finish()?;
        let declares = !summary.dry_run && !summary.has_gaps();
        if let Some(complete) = &mut summary.complete {
            if sources.is_empty() {
                let message = "дни не объявлены полными: в файле нет ни одной принятой строки, источник неизвестен";
                return Err(ImportError::Argument(message.to_owned()));
            }
            complete.sources = sources.into_iter().collect();
            complete.declared = declares;
        }
        Ok(summary)
    }
}

/// The field at the end of a path: `items[3].incident.registered` is `registered`.
fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// Where the list of rejected rows goes unless told otherwise.
pub fn usual_list(file: &Path) -> PathBuf {
    RejectedFile::beside(file)
}
