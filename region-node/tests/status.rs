//! The status as people read it: what needs a person stands first.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test, also in its helpers")]

use std::collections::BTreeMap;

use region_node::cli::Lang;
use region_node::status::{
    Certificate, EarlyAnswers, Intake, Ledger, RefusedSheet, SCHEMA, Sheets, Source, Status, Store, Trial, Unmatched,
    Uplink, text,
};

fn status() -> Status {
    Status {
        schema: SCHEMA.to_owned(),
        node: "sverdlovsk".to_owned(),
        federation: "ru".to_owned(),
        parent: "hub".to_owned(),
        parent_address: "hub.example:7443".to_owned(),
        territories: vec!["65".to_owned()],
        zone: "Asia/Yekaterinburg".to_owned(),
        ledger: Ledger {
            origin: "ru/sverdlovsk/1".to_owned(),
            size: 712,
            root: "ab12".to_owned(),
        },
        uplink: Uplink {
            cursor: 700,
            waiting: 12,
            last_push: Some("2022-12-13T04:00:00Z".to_owned()),
            last_error: Some("родительский узел hub.example:7443 недоступен [PARENT_UNREACHABLE]".to_owned()),
            halted: None,
            clock_skew_s: None,
        },
        sheets: Sheets {
            open: 1,
            closed: 711,
            changed: 3,
            refused_total: 1,
            refused: vec![RefusedSheet {
                period: "2022-12-01".to_owned(),
                revision: 2,
                reason: "OUT_OF_SCOPE".to_owned(),
                message: "вне области ответственности участника".to_owned(),
            }],
        },
        intake: Intake {
            position: 90,
            incidents: 54_548,
            sources: vec![Source {
                source: "incident".to_owned(),
                accepted: 54_548,
                updated: 210,
                dropped_stamps: BTreeMap::from([("final".to_owned(), 4)]),
                early_answers: Some(EarlyAnswers {
                    count: 412,
                    median_s: 7_201,
                }),
                ..Source::default()
            }],
            trials: vec![Trial {
                name: "crm".to_owned(),
                sent: Source {
                    source: "pos".to_owned(),
                    accepted: 12,
                    ..Source::default()
                },
            }],
            unmatched: vec![Unmatched {
                source: "incident".to_owned(),
                field: "topic".to_owned(),
                value: "Ямы".to_owned(),
                count: 17,
            }],
            unmatched_beyond: 2,
        },
        store: Store { rebuilt: true },
        certificate: Certificate {
            not_after: "2022-12-20T00:00:00Z".to_owned(),
            days_left: 6,
        },
    }
}

#[test]
fn a_person_reads_what_to_do_first() {
    insta::assert_snapshot!(text(&status(), Lang::Ru));
}

#[test]
fn the_same_page_stands_in_english() {
    insta::assert_snapshot!(text(&status(), Lang::En));
}

#[test]
fn a_node_in_order_needs_nobody() {
    let mut well = status();
    well.sheets.refused_total = 0;
    well.store.rebuilt = false;
    well.certificate.days_left = 60;
    assert!(text(&well, Lang::Ru).starts_with("Узел:"), "{}", text(&well, Lang::Ru));
}

#[test]
fn the_document_is_read_as_it_was_written() {
    let json = serde_json::to_string(&status()).unwrap();
    assert_eq!(serde_json::from_str::<Status>(&json).unwrap(), status());
}
