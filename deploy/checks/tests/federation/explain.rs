//! From a figure of the hub's report down to the signature of the node that counted it, and to what is left out.

use federal_hub::reports::Reports;
use seal::{Digest, Receipt, VerifyingKey};
use serde_json::Value;
use std::sync::Arc;
use tonic::Request;
use wire::pb::report_service_server::ReportService as _;
use wire::{Statement, body, envelope, pb};

use crate::harness::{Peer, Stage, figures, words};

async fn explained(stage: &Stage, period: &str, cell: &str) -> Value {
    let request = pb::ExplainRequest {
        scope: "boston".to_owned(),
        period: period.to_owned(),
        cell: cell.to_owned(),
        format: String::new(),
    };
    let answer = Reports(Arc::clone(stage.hub())).explain(Request::new(request)).await;
    serde_json::from_slice(&answer.unwrap().into_inner().document).unwrap()
}

/// What somebody else finds out about an entry with the hub's ledger key alone: who said it, and that it is in the tree.
async fn verified(stage: &Stage, position: u64) -> (Digest, Statement, Vec<u8>) {
    let request = pb::ReportServiceGetEntryRequest {
        position,
        with_body: true,
    };
    let answer = Reports(Arc::clone(stage.hub())).get_entry(Request::new(request)).await;
    let entry = answer.unwrap().into_inner();
    let (origin, ledger_key) = {
        let ledger = federation::held(stage.hub().ledger());
        (ledger.origin(), ledger.ledger_key())
    };
    let receipt = Receipt {
        position,
        inclusion: entry
            .inclusion
            .iter()
            .map(|hash| Digest::try_from(&hash[..]).unwrap())
            .collect(),
        checkpoint: entry.checkpoint,
    };
    let leaf = seal::merkle::leaf_hash(&entry.envelope);
    receipt.verify(leaf, &origin, &ledger_key).unwrap();
    let key = VerifyingKey::from_bytes(&entry.author_key).unwrap();
    let envelope = envelope::decode(&entry.envelope).unwrap();
    let hash = envelope.statement_hash();
    let verified = envelope.verify(&key).unwrap();
    let (_, said) = Statement::decode(&verified.get().payload_type, &verified.get().payload).unwrap();
    (hash, said, entry.body)
}

/// Two good sheets, one of them restated, one refused, one withdrawn.
async fn told() -> Stage {
    let stage = Stage::new().await;
    stage.join("north", "group-north").await;
    let mut peer = Peer::of(&stage, "north");
    peer.say(peer.sheet("2020-01-10", 1, "Boston", 5));
    peer.say(peer.sheet("2020-01-11", 1, "Allston", 70));
    peer.say(peer.sheet("2020-01-12", 1, "Charlestown", 6));
    peer.say(peer.sheet("2020-01-10", 2, "Boston", 8));
    let found = words(&peer.bring(&stage, 0).await.unwrap());
    assert_eq!(found, ["TAKEN", "OUT_OF_SCOPE", "TAKEN", "TAKEN"]);
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_of_a_figure_are_the_cells_that_were_signed() {
    let stage = told().await;
    for cell in ["incidents.received", "incidents.received,topic=Graffiti"] {
        let explanation = explained(&stage, "2020-01", cell).await;
        let report = figures(&stage.report("boston", "2020-01"));
        assert_eq!(explanation["total"]["n"], report["totals"]["incidents.received"]["n"]);
        let mut sum = 0;
        for part in explanation["contributions"].as_array().unwrap() {
            let (hash, said, bytes) = verified(&stage, part["position"].as_u64().unwrap()).await;
            let Statement::Sheet(sheet) = said else {
                panic!("a sheet")
            };
            assert_eq!(part["statement"], hash.to_string());
            assert_eq!(part["body"], Digest::of(&bytes).to_string());
            assert!(sheet.body.names(&bytes));
            assert_eq!(part["revision"], sheet.facts.revision);
            let federation = stage.hub().federation().unwrap();
            let kind = |code: &domain::Code| {
                federation
                    .dictionary()
                    .measure(code.as_str())
                    .map(|measure| measure.kind)
            };
            let cells = body::decode(&bytes, kind).unwrap().cells;
            let counted: u64 = cells
                .values()
                .map(|cell| match cell.tally {
                    domain::Tally::Flow(n) => n,
                    _ => 0,
                })
                .sum();
            assert_eq!(part["value"]["n"], counted);
            sum += counted;
        }
        assert_eq!(explanation["total"]["n"], sum);
        assert_eq!(sum, 14);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_out_is_named_with_its_reason() {
    let stage = told().await;
    let explanation = explained(&stage, "2020-01", "incidents.received").await;
    let left_out: Vec<_> = explanation["left_out"]
        .as_array()
        .unwrap()
        .iter()
        .map(|sheet| {
            let word = |field: &str| sheet[field].as_str().unwrap_or_default().to_owned();
            (word("period"), sheet["revision"].as_u64(), word("why"), word("reason"))
        })
        .collect();
    let row = |day: &str, why: &str, reason: &str| (day.to_owned(), Some(1), why.to_owned(), reason.to_owned());
    let expected = [
        row("2020-01-10", "superseded", ""),
        row("2020-01-11", "refused", "OUT_OF_SCOPE"),
    ];
    assert_eq!(left_out, expected);
    let lost = "KEY_LOST".parse().unwrap();
    stage.hub().parent().revoke(&"north".parse().unwrap(), lost).unwrap();
    let explanation = explained(&stage, "2020-01", "incidents.received").await;
    assert_eq!(explanation["sheets"], 0);
    let revoked = explanation["left_out"].as_array().unwrap();
    let revoked = revoked
        .iter()
        .filter(|sheet| sheet["why"] == "revoked" && sheet["reason"] == "KEY_LOST");
    assert_eq!(revoked.count(), 2, "{explanation}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_cannot_be_answered_is_told_by_its_reason() {
    let stage = told().await;
    for (cell, format, reason) in [
        ("incidents.received,colour=red", "json", "CELL_INVALID"),
        ("incidents.lost", "json", "UNKNOWN_MEASURE"),
        ("incidents.received", "html", "FORMAT_UNKNOWN"),
    ] {
        let request = pb::ExplainRequest {
            scope: String::new(),
            period: "2020-01".to_owned(),
            cell: cell.to_owned(),
            format: format.to_owned(),
        };
        let refused = Reports(Arc::clone(stage.hub()))
            .explain(Request::new(request))
            .await
            .unwrap_err();
        assert_eq!(runtime::status::reason(&refused).as_deref(), Some(reason), "{refused}");
    }
    let absent = pb::ReportServiceGetEntryRequest {
        position: 9_999,
        with_body: false,
    };
    let refused = Reports(Arc::clone(stage.hub()))
        .get_entry(Request::new(absent))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), tonic::Code::NotFound);
}
