//! What an import tells the node, what it says afterwards, and what it leaves behind.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod import_stage;

use import_stage::{Desk, FakeNode, HEADER, import};
use region_node::import::{ImportError, Profile};
use runtime::Exit;

fn rows(count: usize, updated: &str) -> String {
    let rows = (0..count).map(|row| format!("{row};13.12.2022 09:05;;{updated};66;Дороги и транспорт;страница;\n"));
    std::iter::once(HEADER.to_owned()).chain(rows).collect()
}

#[tokio::test]
async fn twice_changes_nothing_and_says_so() {
    let (node, desk) = (FakeNode::default(), Desk::new());
    let file = desk.put("data.csv", rows(2_345, "14.12.2022 10:00"));
    let first = import(&node, desk.plan(&file), 1).await.unwrap();
    assert_eq!((first.read, first.accepted, first.rejected), (2_345, 2_345, 0));
    assert!(!first.nothing_changed());
    let second = import(&node, desk.plan(&file), 2).await.unwrap();
    assert_eq!((second.read, second.accepted, second.unchanged), (2_345, 0, 2_345));
    assert!(second.nothing_changed());
    let told = node.0.lock().unwrap();
    assert_eq!(told.batches, [1_000, 1_000, 345, 1_000, 1_000, 345]);
    assert_eq!(told.intakes.len(), 2);
    assert_eq!(told.intakes[0].source, "pos");
    assert_eq!(told.intakes[0].file_sha256, told.intakes[1].file_sha256);
    assert_eq!(desk.names().len(), 1, "nothing is left beside the file");
}

#[tokio::test]
async fn a_row_arrives_as_the_profile_reads_it() {
    let (node, desk) = (FakeNode::default(), Desk::new());
    let file = desk.put(
        "data.csv",
        format!(
            "{HEADER}7;13.12.2022 09:05;2022-12-13T05:00:00Z;14.12.2022 10:00; 66 ;Дороги и транспорт;страница;дубль\n"
        ),
    );
    import(&node, desk.plan(&file), 1).await.unwrap();
    let told = node.0.lock().unwrap();
    let item = &told.standing[&("pos".to_owned(), "7".to_owned())];
    let incident = item.incident.as_ref().unwrap();
    assert_eq!(
        incident.registered.unwrap().seconds,
        1_670_904_300,
        "09:05 in Yekaterinburg is 04:05 UTC"
    );
    assert_eq!(incident.r#final.unwrap().seconds, 1_670_907_600);
    assert_eq!((incident.territory.as_str(), incident.topic.as_str()), ("66", "roads"));
    assert_eq!(incident.addressed_to(), wire::pb::AddressedTo::OfficialPage);
    assert_eq!(item.action(), wire::pb::IngestAction::Withdraw);
    assert_eq!(item.withdrawal_reason(), wire::pb::WithdrawalReason::Duplicate);
}

#[tokio::test]
async fn an_older_export_after_a_newer_one_loses_nothing() {
    let (node, desk) = (FakeNode::default(), Desk::new());
    let newer = desk.put("newer.csv", rows(3, "14.12.2022 10:00"));
    let older = desk.put("older.csv", rows(2, "13.12.2022 10:00").replace("страница", "другое"));
    import(&node, desk.plan(&newer), 1).await.unwrap();
    let summary = import(&node, desk.plan(&older), 2).await.unwrap();
    assert_eq!((summary.superseded, summary.updated), (2, 0));
    assert!(summary.nothing_changed());
}

#[tokio::test]
async fn a_repeated_id_is_told_with_both_lines() {
    let (node, desk) = (FakeNode::default(), Desk::new());
    let text = rows(2, "14.12.2022 10:00") + "0;13.12.2022 09:05;;15.12.2022 10:00;66;другая;;\n";
    let summary = import(&node, desk.plan(&desk.put("data.csv", text)), 1).await.unwrap();
    assert_eq!((summary.read, summary.accepted, summary.updated), (3, 2, 1));
    assert_eq!((summary.repeated, summary.repeated_example), (1, Some((4, 2))));
}

const BAD_ROWS: &str = "1;вчера;;14.12.2022 10:00;66;;;\n\
                        2;13.12.2022 09:05;;;66;;;\n\
                        ;13.12.2022 09:05;;14.12.2022 10:00;66;;;\n\
                        4;;;14.12.2022 10:00;66;;;\n\
                        5;13.12.2022 09:05;;14.12.2022 10:00;elsewhere;;;\n\
                        6;=1+1;;14.12.2022 10:00;66;;;\n\
                        7;13.12.2022 09:05\n\
                        \n\
                        8;13.12.2022 09:05;потом;14.12.2022 10:00;66;неизвестное;соседу;\n";

#[tokio::test]
async fn every_bad_row_is_listed_with_its_line_and_reason() {
    let (node, desk) = (FakeNode::default(), Desk::new());
    let file = desk.put("data.csv", format!("{HEADER}{BAD_ROWS}"));
    let summary = import(&node, desk.plan(&file), 1).await.unwrap();
    assert_eq!(
        (summary.read, summary.accepted, summary.rejected, summary.out_of_scope),
        (8, 1, 7, 1)
    );
    let list = summary.rejected_file.clone().unwrap();
    assert_eq!(list, desk.path("data.csv.rejected.csv"));
    insta::assert_snapshot!("rejected_rows", std::fs::read_to_string(list).unwrap());
    let unread = &summary.unread_stamps["final"];
    assert_eq!((unread.count, unread.line, unread.got.as_str()), (1, 10, "потом"));
    assert_eq!(summary.unmatched.keys().collect::<Vec<_>>(), ["addressed_to", "topic"]);
    assert_eq!(summary.dropped_stamps["final"], 1);
    assert_eq!(desk.names().len(), 2, "no temporary file is left");
}

#[tokio::test]
async fn a_mended_file_takes_the_list_away() {
    let (node, desk) = (FakeNode::default(), Desk::new());
    let file = desk.put("data.csv", format!("{HEADER}{BAD_ROWS}"));
    import(&node, desk.plan(&file), 1).await.unwrap();
    desk.put("data.csv", rows(9, "14.12.2022 10:00"));
    let summary = import(&node, desk.plan(&file), 2).await.unwrap();
    assert_eq!((summary.rejected, summary.rejected_file), (0, None));
    assert_eq!(desk.names().len(), 1);
}

#[tokio::test]
async fn a_file_of_bad_rows_alone_tells_the_node_nothing() {
    let (node, desk) = (FakeNode::default(), Desk::new());
    let text = HEADER.to_owned() + &"1;вчера;;14.12.2022 10:00;66;;;\n".repeat(4_500);
    let summary = import(&node, desk.plan(&desk.put("data.csv", text)), 1).await.unwrap();
    assert_eq!((summary.read, summary.rejected), (4_500, 4_500));
    assert!(node.0.lock().unwrap().batches.is_empty());
}

#[tokio::test]
async fn days_are_declared_only_when_every_row_of_ours_is_in() {
    let days = Some(("2022-12-01".parse().unwrap(), "2022-12-31".parse().unwrap()));
    let good = rows(2, "14.12.2022 10:00");
    let foreign = "5;13.12.2022 09:05;;14.12.2022 10:00;elsewhere;;;\n";
    for (text, dry_run, declared) in [
        (good.clone(), false, true),
        (good.clone() + foreign, false, true),
        (format!("{good}{BAD_ROWS}"), false, false),
        (good.clone(), true, false),
    ] {
        let (node, desk) = (FakeNode::default(), Desk::new());
        let mut plan = desk.plan(&desk.put("data.csv", &text));
        (plan.complete, plan.dry_run) = (days, dry_run);
        let summary = import(&node, plan, 1).await.unwrap();
        assert_eq!(summary.complete.unwrap().declared, declared, "{text}");
        let told = node.0.lock().unwrap();
        assert_eq!(told.declared.len(), usize::from(declared));
        if let Some(declaration) = told.declared.first() {
            assert_eq!(
                (declaration.source.as_str(), declaration.from.as_str()),
                ("pos", "2022-12-01")
            );
            assert_eq!(
                (declaration.to.as_str(), declaration.intake_id.as_str()),
                ("2022-12-31", "intake-1")
            );
        }
    }
}

#[tokio::test]
async fn a_dry_run_counts_and_takes_nothing() {
    let (node, desk) = (FakeNode::default(), Desk::new());
    let mut plan = desk.plan(&desk.put("data.csv", rows(5, "14.12.2022 10:00")));
    plan.dry_run = true;
    let summary = import(&node, plan, 1).await.unwrap();
    assert_eq!((summary.accepted, summary.intake_id.as_str()), (5, ""));
    let told = node.0.lock().unwrap();
    assert!(told.standing.is_empty() && told.intakes.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_broken_connection_repeats_what_was_not_answered_and_counts_it_once() {
    let (node, desk) = (FakeNode::default(), Desk::new());
    node.0.lock().unwrap().break_after = 3;
    // Few enough batches for the reader to be done with the file: paused time stands still while a thread works.
    let file = desk.put("data.csv", rows(4_500, "14.12.2022 10:00"));
    let summary = import(&node, desk.plan(&file), 1).await.unwrap();
    assert_eq!((summary.read, summary.accepted, summary.unchanged), (4_500, 4_500, 0));
    let told = node.0.lock().unwrap();
    assert!(told.repeats > 0, "a batch taken and not answered was told again");
    assert_eq!(told.batches.iter().sum::<usize>(), 4_500);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_stays_away_ends_the_import_with_a_word_and_a_code() {
    let (node, desk) = (FakeNode::default(), Desk::new());
    node.0.lock().unwrap().break_after = usize::MAX;
    let file = desk.put("data.csv", rows(2, "14.12.2022 10:00"));
    let error = import(&node, desk.plan(&file), 1).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Unreachable);
    assert!(error.to_string().contains("повторите ту же команду"), "{error}");
}

#[tokio::test]
async fn a_profile_without_versions_needs_an_as_of() {
    let (node, text) = (FakeNode::default(), "id,created\n1,2022-12-13T00:00:00Z\n");
    let profile = "source = \"pos\"\n[columns]\nexternal_id = \"id\"\nregistered = \"created\"\n";
    let desk = Desk::with(Profile::parse("p.toml", profile).unwrap());
    let mut plan = desk.plan(&desk.put("data.csv", text));
    let error = import(&node, plan.clone(), 1).await.unwrap_err();
    assert!(
        matches!(error, ImportError::AsOfRequired) && error.exit() == Exit::Usage,
        "{error}"
    );
    plan.as_of = Some("2022-12-14T00:00:00Z".parse().unwrap());
    import(&node, plan, 1).await.unwrap();
    let told = node.0.lock().unwrap();
    assert_eq!(told.intakes[0].as_of_ms, 1_670_976_000_000);
    let item = &told.standing[&("pos".to_owned(), "1".to_owned())];
    assert_eq!(item.updated_at.unwrap().seconds, 1_670_976_000);
}

#[tokio::test]
async fn a_profile_with_versions_takes_no_as_of() {
    let (node, desk) = (FakeNode::default(), Desk::new());
    let mut plan = desk.plan(&desk.put("data.csv", rows(1, "14.12.2022 10:00")));
    plan.as_of = Some("2022-12-14T00:00:00Z".parse().unwrap());
    assert!(matches!(import(&node, plan, 1).await, Err(ImportError::AsOfUnwanted)));
}
