//! When a day is sealed, and when it is not.

use domain::sheet::{Closure, Completeness};
use domain::{Code, sheet::MeasureTotal};
use region_node::aggregate::Mode;

use crate::stage::{SOURCE, Stage, Told, at, day, declare, noon, revisions};

fn received(stage: &Stage, on: &str) -> u64 {
    match stage.sheets()[&day(on)].0.totals.get("incidents.received") {
        Some(MeasureTotal::Flow(n)) => *n,
        None => 0,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_repeat_seals_nothing() {
    let mut stage = Stage::new("2022-12-13");
    stage
        .tell(&[at(noon(day("2022-12-12"))), at(noon(day("2022-12-13")) - 60)])
        .await;
    assert_eq!(stage.step(Mode::Now), 2);
    for mode in [Mode::Now, Mode::Timer, Mode::Now] {
        assert_eq!(stage.step(mode), 0, "{mode:?}");
    }
    // The same incidents again are no change either.
    stage.tell(&[at(noon(day("2022-12-12")))]).await;
    assert_eq!(stage.step(Mode::Now), 0);
    assert_eq!(stage.revisions(), revisions(&[("2022-12-12", 1), ("2022-12-13", 1)]));
}

#[tokio::test]
async fn late_data_makes_a_second_revision_of_its_day_only() {
    let mut stage = Stage::new("2022-12-13");
    let days = ["2022-12-01", "2022-12-02", "2022-12-03"];
    stage.tell(&days.map(|text| at(noon(day(text))))).await;
    assert_eq!(stage.step(Mode::Timer), 3);
    stage.tell(&[at(noon(day("2022-12-02")) + 5)]).await;
    assert_eq!(stage.step(Mode::Timer), 1);
    assert_eq!(
        stage.revisions(),
        revisions(&[("2022-12-01", 1), ("2022-12-02", 2), ("2022-12-03", 1)])
    );
    assert_eq!(received(&stage, "2022-12-02"), 2);
    let (facts, _) = &stage.sheets()[&day("2022-12-02")];
    assert_eq!(
        (facts.closure, facts.journal_position),
        (Closure::Closed, stage.intake.position())
    );
}

#[tokio::test]
async fn an_answer_changes_the_day_of_the_answer_only() {
    let mut stage = Stage::new("2022-12-13");
    let told = at(noon(day("2022-12-01")));
    stage.tell(std::slice::from_ref(&told)).await;
    stage.step(Mode::Timer);
    let answered = Told {
        answered: Some(noon(day("2022-12-05"))),
        version: told.version + 1,
        ..told
    };
    stage.tell(&[answered]).await;
    stage.step(Mode::Timer);
    assert_eq!(stage.revisions(), revisions(&[("2022-12-01", 1), ("2022-12-05", 1)]));
}

#[tokio::test]
async fn empty_covered_days_get_closed_sheets_after_the_grace() {
    let stage = Stage::new("2022-12-13");
    stage.declare(SOURCE, "2022-12-01", "2022-12-02", false).await;
    assert_eq!(stage.step(Mode::Timer), 2, "declared days before joining");
    // Noon, then 14 hours to two in the morning: the day is over, its grace ends with that instant.
    stage.hours(13);
    assert_eq!(stage.step(Mode::Timer), 0);
    stage.hours(1);
    assert_eq!(stage.step(Mode::Timer), 1);
    assert_eq!(
        stage.revisions(),
        revisions(&[("2022-12-01", 1), ("2022-12-02", 1), ("2022-12-13", 1)])
    );
    for (on, (facts, body)) in stage.sheets() {
        assert_eq!((facts.closure, facts.cell_count), (Closure::Closed, 0), "{on}");
        assert!(body.cells.is_empty());
    }
    stage.hours(72);
    assert_eq!(stage.step(Mode::Timer), 3, "every day since, in one step after a rest");
}

#[tokio::test]
async fn an_open_day_is_sealed_at_most_hourly_by_the_timer() {
    let mut stage = Stage::new("2022-12-13");
    let today = noon(day("2022-12-13"));
    stage.tell(&[at(today - 100)]).await;
    assert_eq!(stage.step(Mode::Timer), 1);
    stage.tell(&[at(today - 99)]).await;
    assert_eq!(stage.step(Mode::Timer), 0, "within the hour");
    assert_eq!(stage.step(Mode::Now), 1, "asked");
    stage.tell(&[at(today - 98)]).await;
    stage.hours(1);
    assert_eq!(stage.step(Mode::Timer), 1);
    let (facts, _) = &stage.sheets()[&day("2022-12-13")];
    assert_eq!((facts.closure, facts.revision), (Closure::Open, 3));
    // Closing says something new, though nothing came.
    stage.hours(13);
    assert_eq!(stage.step(Mode::Timer), 1);
    let (facts, _) = &stage.sheets()[&day("2022-12-13")];
    assert_eq!((facts.closure, facts.revision), (Closure::Closed, 4));
    assert_eq!(received(&stage, "2022-12-13"), 3);
}

#[tokio::test]
async fn completeness_is_declared_and_never_inferred() {
    let mut stage = Stage::new("2022-12-13");
    stage
        .tell(&[at(noon(day("2022-12-01"))), at(noon(day("2022-12-02")))])
        .await;
    stage.declare("pos", "2022-12-01", "2022-12-01", false).await;
    stage.step(Mode::Timer);
    let word = |stage: &Stage, on: &str, source: &'static str| {
        let key = (Code::literal(source), Code::literal("incidents.received"));
        stage.sheets()[&day(on)].1.completeness.get(&key).copied()
    };
    assert_eq!(word(&stage, "2022-12-01", SOURCE), Some(Completeness::Begun));
    assert_eq!(word(&stage, "2022-12-01", "pos"), Some(Completeness::Complete));
    assert_eq!(word(&stage, "2022-12-02", "pos"), Some(Completeness::Begun));
    assert_eq!(word(&stage, "2022-12-01", "hotline"), None, "nobody spoke of it");
    // Taking the declaration back is news for its day.
    stage.declare("pos", "2022-12-01", "2022-12-01", true).await;
    assert_eq!(stage.step(Mode::Timer), 1);
    assert_ne!(word(&stage, "2022-12-01", "pos"), Some(Completeness::Complete));
}

#[tokio::test]
async fn a_day_whose_only_incident_is_withdrawn_is_said_again_without_it() {
    let mut stage = Stage::new("2022-12-13");
    let (known, early) = (at(noon(day("2022-12-01"))), at(noon(day("2022-11-01"))));
    stage.tell(std::slice::from_ref(&known)).await;
    stage.step(Mode::Timer);
    let gone = |told: Told| Told {
        withdrawn: true,
        version: told.version + 1,
        ..told
    };
    stage.tell(&[gone(known), early.clone(), gone(early)]).await;
    assert_eq!(
        stage.step(Mode::Timer),
        1,
        "and the day that was never spoken of stays so"
    );
    assert_eq!(stage.revisions(), revisions(&[("2022-12-01", 2)]));
    assert_eq!(received(&stage, "2022-12-01"), 0);
}

#[tokio::test]
async fn a_declaration_that_comes_while_a_step_counts_is_kept_for_the_next() {
    let stage = Stage::new("2022-12-13");
    // More days than one pass counts, so that the last of them is counted after the first were sealed.
    stage.declare(SOURCE, "2021-11-01", "2022-12-12", false).await;
    let intake = std::sync::Arc::clone(&stage.intake);
    let said = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(declare(&intake, "pos", "2022-12-12", "2022-12-12", false));
    };
    // The step holds this thread, on which a second runtime may not run.
    let hook = move || std::thread::spawn(said).join().unwrap();
    *stage.on_sealed.lock().unwrap() = Some(Box::new(hook));
    assert_eq!(stage.step(Mode::Timer), 407);
    assert_eq!(stage.step(Mode::Timer), 1);
    let (facts, body) = &stage.sheets()[&day("2022-12-12")];
    assert_eq!(facts.revision, 2);
    let key = (Code::literal("pos"), Code::literal("incidents.received"));
    assert_eq!(body.completeness.get(&key), Some(&Completeness::Complete));
    assert_eq!(stage.step(Mode::Timer), 0);
}
