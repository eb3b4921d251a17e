//! What readers ask of the node: reports, the sheets behind a figure, and the entries themselves.
//!
//! Changes nothing. Knows neither how a figure is folded nor how a document is written.

use std::sync::Arc;

use federation::held;
use report::explain::{Form, render};
use rollup::CellName;
use runtime::status::refusal;
use tonic::{Code as Rpc, Request, Response, Status};
use wire::pb;
use wire::pb::report_service_server::ReportService;

use crate::admin::{Asked, blocking, document, wrong};
use crate::explain::explanation;
use crate::node::Node;

/// The form of a document when none is named: programs ask here.
const FORMAT: &str = "json";

/// The service for readers.
#[derive(Clone)]
pub struct Reports(pub Arc<Node>);

#[tonic::async_trait]
impl ReportService for Reports {
    async fn get_report(
        &self,
        request: Request<pb::ReportServiceGetReportRequest>,
    ) -> Result<Response<pb::ReportServiceGetReportResponse>, Status> {
        let asked = request.into_inner();
        let asked = pb::GetReportRequest {
            scope: asked.scope,
            period: asked.period,
            compare: asked.compare,
            format: or_default(asked.format),
        };
        let document = document(&self.0, asked).await?;
        Ok(Response::new(pb::ReportServiceGetReportResponse { document }))
    }

    async fn explain(&self, request: Request<pb::ExplainRequest>) -> Result<Response<pb::ExplainResponse>, Status> {
        let pb::ExplainRequest {
            scope,
            period,
            cell,
            format,
        } = request.into_inner();
        let name: CellName = cell.parse().map_err(|e| wrong("CELL_INVALID", &e))?;
        let form = Form::from_code(&or_default(format));
        let form = form.ok_or_else(|| wrong("FORMAT_UNKNOWN", &"вид объяснения: text, json или csv"))?;
        let node = Arc::clone(&self.0);
        let document = blocking(move || {
            let federation = &node.aggregator.terms().federation;
            let inquiry = Asked {
                scope: &scope,
                period: &period,
                compare: "",
                format: FORMAT,
            }
            .inquiry(&node)?;
            let taken = node.figures.take_apart(federation, &inquiry, &name);
            let (as_of, explained) = taken.map_err(|e| wrong(e.code(), &e))?;
            let explanation = explanation(federation, &node.ledger, (as_of, &explained))
                .map_err(|e| refusal(Rpc::DataLoss, e.code(), e.to_string()))?;
            Ok::<_, Status>(render(&explanation, form).into_bytes())
        });
        Ok(Response::new(pb::ExplainResponse {
            document: document.await??,
        }))
    }

    async fn get_entry(
        &self,
        request: Request<pb::ReportServiceGetEntryRequest>,
    ) -> Result<Response<pb::ReportServiceGetEntryResponse>, Status> {
        let asked = request.into_inner();
        let ledger = Arc::clone(&self.0.ledger);
        let read = blocking(move || {
            let ledger = held(&ledger);
            let position = asked.position;
            let Some(entry) = ledger.entries(position..position.saturating_add(1))?.pop() else {
                return Ok(None);
            };
            let body = if asked.with_body { ledger.body(position)? } else { None };
            let inclusion = ledger.prove_inclusion(position, ledger.size());
            Ok::<_, ledger::LedgerError>(Some(pb::ReportServiceGetEntryResponse {
                envelope: entry.envelope,
                body: body.unwrap_or_default(),
                author_key: ledger
                    .registered_key(position)?
                    .map(|key| key.to_bytes().to_vec())
                    .unwrap_or_default(),
                checkpoint: ledger.checkpoint(),
                inclusion: inclusion.iter().map(|hash| hash.as_bytes().to_vec()).collect(),
            }))
        });
        let read = read
            .await?
            .map_err(|e| refusal(Rpc::DataLoss, e.code(), e.to_string()))?;
        let absent = || {
            refusal(
                Rpc::NotFound,
                "NO_SUCH_ENTRY",
                format!("записи {} в журнале нет", asked.position),
            )
        };
        Ok(Response::new(read.ok_or_else(absent)?))
    }
}

fn or_default(format: String) -> String {
    if format.is_empty() { FORMAT.to_owned() } else { format }
}
