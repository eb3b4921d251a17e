//! The corrections of the admin socket: what the operator asks to find a mistake, and what mends it.
//!
//! Only ids of incidents leave by it, and only to the machine's own operator. It parses questions and words answers; what
//! they mean is the intake's and the aggregator's.

use std::sync::Arc;

use domain::sheet::MeasureTotal;
use domain::{Code, Day, SheetPeriod};
use federation::held;
use runtime::status::refusal;
use tonic::{Code as Rpc, Request, Response, Status};
use wire::pb;
use wire::pb::correction_service_server::CorrectionService;

use crate::admin::{Admin, blocking, registry, unsealed};
use crate::aggregate::{Previewed, WithdrawError};
use crate::intake::{Cell, IntakeError, STATES, UndoEffect, page};
use crate::service;

/// Between the parts of a page token; neither codes nor ids hold control characters.
const SEPARATOR: char = '\u{1f}';

#[tonic::async_trait]
impl CorrectionService for Admin {
    async fn list_batches(
        &self,
        request: Request<pb::ListBatchesRequest>,
    ) -> Result<Response<pb::ListBatchesResponse>, Status> {
        let asked = request.into_inner();
        let before = match asked.page_token.as_str() {
            "" => u64::MAX,
            token => token.parse().map_err(|_| wrong_token())?,
        };
        let limit = page(asked.page_size);
        let intake = Arc::clone(self.0.intake());
        let rows = blocking(move || intake.batches(before, limit + 1))
            .await?
            .map_err(|e| service::status(&e))?;
        let more = rows.len() > limit;
        let rows = &rows[..rows.len().min(limit)];
        Ok(Response::new(pb::ListBatchesResponse {
            next_page_token: rows
                .last()
                .filter(|_| more)
                .map(|row| row.first.to_string())
                .unwrap_or_default(),
            batches: rows.iter().map(batch).collect(),
        }))
    }

    async fn get_batch(&self, request: Request<pb::GetBatchRequest>) -> Result<Response<pb::GetBatchResponse>, Status> {
        let (intake, id) = (Arc::clone(self.0.intake()), request.into_inner().id);
        let found = blocking(move || {
            let row = intake.batch(&id)?;
            let effect = match row.undone {
                Some(_) => None,
                None => Some(intake.undo_effect(&id)?),
            };
            Ok((row, effect))
        });
        let (row, found) = found.await?.map_err(|error: IntakeError| service::status(&error))?;
        Ok(Response::new(pb::GetBatchResponse {
            batch: Some(batch(&row)),
            effect: found.as_ref().map(effect),
        }))
    }

    async fn undo_batch(
        &self,
        request: Request<pb::UndoBatchRequest>,
    ) -> Result<Response<pb::UndoBatchResponse>, Status> {
        let asked = request.into_inner();
        let intake = Arc::clone(self.0.intake());
        let done = if asked.dry_run {
            let (intake, id) = (Arc::clone(&intake), asked.id.clone());
            blocking(move || intake.undo_effect(&id)).await?
        } else {
            intake.undo(&asked.id, &asked.reason).await
        };
        let done = done.map_err(|error| service::status(&error))?;
        let row = intake.batch(&asked.id).map_err(|error| service::status(&error))?;
        Ok(Response::new(pb::UndoBatchResponse {
            batch: Some(batch(&row)),
            effect: Some(effect(&done)),
        }))
    }

    async fn get_incident(
        &self,
        request: Request<pb::GetIncidentRequest>,
    ) -> Result<Response<pb::GetIncidentResponse>, Status> {
        let asked = request.into_inner();
        let (source, id) = (code("source", &asked.source)?, code("external_id", &asked.external_id)?);
        let intake = Arc::clone(self.0.intake());
        let found = blocking(move || intake.incident(&source, &id)).await?;
        let absent = || {
            let message = format!("обращения {}/{} на узле нет", asked.source, asked.external_id);
            refusal(Rpc::NotFound, "UNKNOWN_INCIDENT", message)
        };
        let found = found.map_err(|error| service::status(&error))?.ok_or_else(absent)?;
        Ok(Response::new(found))
    }

    async fn list_incidents(
        &self,
        request: Request<pb::ListIncidentsRequest>,
    ) -> Result<Response<pb::ListIncidentsResponse>, Status> {
        let asked = request.into_inner();
        let cell = self.cell(&asked)?;
        let after = match asked.page_token.split_once(SEPARATOR) {
            Some((source, id)) => Some((code("page_token", source)?, code("page_token", id)?)),
            None if asked.page_token.is_empty() => None,
            None => return Err(wrong_token()),
        };
        let limit = page(asked.page_size);
        let intake = Arc::clone(self.0.intake());
        let found = blocking(move || intake.incidents(&cell, after.as_ref(), limit + 1)).await?;
        let (found, total) = found.map_err(|error| service::status(&error))?;
        let more = found.len() > limit;
        let found = &found[..found.len().min(limit)];
        let last = found.last().filter(|_| more);
        Ok(Response::new(pb::ListIncidentsResponse {
            next_page_token: last
                .map(|one| format!("{}{SEPARATOR}{}", one.source, one.id))
                .unwrap_or_default(),
            incidents: found
                .iter()
                .map(|one| pb::ListedIncident {
                    source: one.source.to_string(),
                    external_id: one.id.to_string(),
                    state: one.state.to_owned(),
                })
                .collect(),
            total,
        }))
    }

    async fn list_sheets(
        &self,
        request: Request<pb::ListSheetsRequest>,
    ) -> Result<Response<pb::ListSheetsResponse>, Status> {
        let asked = request.into_inner();
        let (from, to) = (
            day_or("from", &asked.from, Day::MIN)?,
            day_or("to", &asked.to, Day::MAX)?,
        );
        let cursor = self.0.pusher.state().cursor;
        let ledger = held(self.0.ledger());
        let own = ledger.sheets().filter(|sheet| sheet.node == self.0.identity.node);
        let within = own.filter(|sheet| sheet.period.last() >= from && sheet.period.first() <= to);
        let sheets = within.map(|sheet| pb::OwnSheet {
            period: sheet.period.to_string(),
            revision: sheet.facts.revision,
            closed: sheet.facts.closure == domain::sheet::Closure::Closed,
            cells: sheet.facts.cell_count,
            sealed_ms: sheet.facts.sealed_at_ms,
            withdrawn: sheet
                .facts
                .withdrawn
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            refused: sheet.refused.as_ref().map(ToString::to_string).unwrap_or_default(),
            position: sheet.position,
            delivered: sheet.position < cursor,
        });
        Ok(Response::new(pb::ListSheetsResponse {
            sheets: sheets.collect(),
        }))
    }

    async fn withdraw_sheet(
        &self,
        request: Request<pb::WithdrawSheetRequest>,
    ) -> Result<Response<pb::WithdrawSheetResponse>, Status> {
        let asked = request.into_inner();
        let period = asked.period.parse::<SheetPeriod>();
        let period = period.map_err(|error| refusal(Rpc::InvalidArgument, "PERIOD_INVALID", error.to_string()))?;
        let reason = Code::new(asked.reason.trim());
        let reason = reason.map_err(|e| refusal(Rpc::InvalidArgument, "REASON_REQUIRED", format!("причина: {e}")))?;
        let node = Arc::clone(&self.0);
        let withdrawn = blocking(move || node.aggregator.withdraw(period, &reason, node.now_ms())).await?;
        let (revision, position) = withdrawn.map_err(|error| match &error {
            WithdrawError::Absent(_) => refusal(Rpc::NotFound, "NO_SUCH_SHEET", error.to_string()),
            WithdrawError::Already(_) => refusal(Rpc::FailedPrecondition, "SHEET_WITHDRAWN", error.to_string()),
            WithdrawError::Aggregate(error) => unsealed(error),
        })?;
        self.0.pusher.nudge();
        Ok(Response::new(pb::WithdrawSheetResponse { revision, position }))
    }

    async fn accept_source(
        &self,
        request: Request<pb::AcceptSourceRequest>,
    ) -> Result<Response<pb::AcceptSourceResponse>, Status> {
        let (node, name) = (Arc::clone(&self.0), request.into_inner().name);
        let accepted = blocking(move || node.sources.accept(&name, node.clock.now())).await?;
        accepted.map_err(|error| registry(&error))?;
        Ok(Response::new(pb::AcceptSourceResponse {}))
    }

    async fn preview_push(
        &self,
        _: Request<pb::PreviewPushRequest>,
    ) -> Result<Response<pb::PreviewPushResponse>, Status> {
        let node = Arc::clone(&self.0);
        let cursor = node.pusher.state().cursor;
        let sheets = blocking(move || node.aggregator.preview(node.now_ms(), cursor)).await?;
        let sheets = sheets.map_err(|error| unsealed(&error))?;
        Ok(Response::new(pb::PreviewPushResponse {
            sheets: sheets.iter().map(previewed).collect(),
            waiting: held(self.0.ledger()).size().saturating_sub(cursor),
        }))
    }
}

impl Admin {
    /// Parses the question. A measure or source that the dictionary does not have is told, since the empty answer would
    /// read as «none».
    fn cell(&self, asked: &pb::ListIncidentsRequest) -> Result<Cell, Status> {
        let terms = self.0.aggregator.terms();
        let dictionary = terms.federation.dictionary();
        let day = asked.day.parse::<Day>();
        let day = day.map_err(|error| refusal(Rpc::InvalidArgument, "DAY_INVALID", format!("день: {error}")))?;
        let unknown = |what: &str, got: &str| {
            let code = format!("{}_UNKNOWN", what.to_ascii_uppercase());
            refusal(Rpc::InvalidArgument, &code, format!("{what}: «{got}» нет в словаре"))
        };
        if !asked.measure.is_empty() && dictionary.measure(&asked.measure).is_none() {
            return Err(unknown("measure", &asked.measure));
        }
        let source = optional("source", &asked.source)?;
        let known = |source: &Code| dictionary.lists().sources.entry(source).is_some();
        if source.as_ref().is_some_and(|source| !known(source)) {
            return Err(unknown("source", &asked.source));
        }
        let state = match asked.state.as_str() {
            "" => Some(STATES[0]),
            "any" => None,
            state => Some(STATES.into_iter().find(|known| *known == state).ok_or_else(|| {
                let message = format!("состояние «{state}»: live, withdrawn, moved или any");
                refusal(Rpc::InvalidArgument, "STATE_UNKNOWN", message)
            })?),
        };
        Ok(Cell {
            day,
            measure: optional("measure", &asked.measure)?,
            territory: optional("territory", &asked.territory)?,
            topic: optional("topic", &asked.topic)?,
            source,
            state,
        })
    }
}

fn wrong_token() -> Status {
    refusal(
        Rpc::InvalidArgument,
        "PAGE_TOKEN_INVALID",
        "page_token: возьмите его из предыдущего ответа",
    )
}

fn code(field: &str, text: &str) -> Result<Code, Status> {
    Code::new(text).map_err(|error| refusal(Rpc::InvalidArgument, "CODE_INVALID", format!("{field}: {error}")))
}

fn optional(field: &str, text: &str) -> Result<Option<Code>, Status> {
    if text.is_empty() {
        Ok(None)
    } else {
        code(field, text).map(Some)
    }
}

fn day_or(field: &str, text: &str, otherwise: Day) -> Result<Day, Status> {
    if text.is_empty() {
        return Ok(otherwise);
    }
    text.parse()
        .map_err(|error| refusal(Rpc::InvalidArgument, "DAY_INVALID", format!("{field}: {error}")))
}

fn batch(row: &pb::BatchRow) -> pb::IntakeBatch {
    let counts = row.counts.unwrap_or_default();
    let undone = row.undone.as_ref();
    pb::IntakeBatch {
        id: row.id.clone(),
        began_ms: row.began_ms,
        sources: row.sources.clone(),
        profile: row.profile.clone(),
        file_sha256: hex::encode(&row.file_sha256),
        request: row.request.clone(),
        accepted: counts.accepted,
        unchanged: counts.unchanged,
        updated: counts.updated,
        superseded: counts.superseded,
        rejected: counts.rejected,
        declarations: row.declarations,
        undone_ms: undone.map_or(0, |undone| undone.at_ms),
        undone_reason: undone.map(|undone| undone.reason.clone()).unwrap_or_default(),
    }
}

fn effect(effect: &UndoEffect) -> pb::UndoEffect {
    pb::UndoEffect {
        removed: effect.removed,
        changed: effect.changed,
        kept: effect.kept,
        days: effect.days.iter().map(ToString::to_string).collect(),
    }
}

fn previewed(sheet: &Previewed) -> pb::PreviewedSheet {
    let parent = sheet.parent.as_ref();
    let n = |totals: Option<&MeasureTotal>| match totals {
        Some(MeasureTotal::Flow(n) | MeasureTotal::Stock(n) | MeasureTotal::Duration { n, .. }) => *n,
        Some(MeasureTotal::Ratio { num, .. }) => *num,
        None => 0,
    };
    let mut measures: Vec<&Code> = sheet.totals.keys().collect();
    measures.extend(parent.iter().flat_map(|(_, totals)| totals.keys()));
    measures.sort();
    measures.dedup();
    let total = |measure: &Code| pb::PreviewedTotal {
        measure: measure.to_string(),
        n: n(sheet.totals.get(measure)),
        parent_n: n(parent.and_then(|(_, totals)| totals.get(measure))),
    };
    pb::PreviewedSheet {
        period: sheet.period.to_string(),
        revision: sheet.revision,
        parent_revision: parent.map_or(0, |(revision, _)| *revision),
        closed: sheet.closure == domain::sheet::Closure::Closed,
        sealed: sheet.sealed,
        totals: measures.into_iter().map(total).collect(),
    }
}
