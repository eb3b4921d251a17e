//! Group commit: what queues up while a group is being written forms the next one, and nothing taken is lost.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use journal::group::{Committer, GroupOptions, SubmitError};

const OPTIONS: GroupOptions = GroupOptions {
    capacity: 3,
    max_items: 2,
    max_wait: Duration::ZERO,
};

/// A committer whose handler reports each group and then waits for a word, as it would for a slow disk. Dropping the
/// sender lets it run freely.
fn gated() -> (Committer<u32>, Receiver<Vec<u32>>, Sender<()>) {
    let (report, groups) = channel();
    let (go, gate) = channel();
    let committer = Committer::spawn("gated", OPTIONS, move |group| {
        report.send(group).unwrap();
        let _ = gate.recv();
    });
    (committer.unwrap(), groups, go)
}

#[test]
fn items_that_wait_form_groups_of_at_most_the_maximum() {
    let (committer, groups, go) = gated();
    committer.submit(1).unwrap();
    assert_eq!(groups.recv().unwrap(), [1]);
    for item in 2..=4 {
        committer.submit(item).unwrap();
    }
    go.send(()).unwrap();
    assert_eq!(groups.recv().unwrap(), [2, 3]);
    go.send(()).unwrap();
    assert_eq!(groups.recv().unwrap(), [4]);
    drop(go);
    assert_eq!(committer.close(), Ok(()));
}

#[test]
fn a_group_waits_for_others_up_to_its_bound() {
    let (report, groups) = channel();
    // A wait far beyond the test: the group must leave because it is full, or because the queue is closed.
    let options = GroupOptions {
        max_wait: Duration::from_hours(1),
        ..OPTIONS
    };
    let committer = Committer::spawn("patient", options, move |group| report.send(group).unwrap()).unwrap();
    for item in 1..=3 {
        committer.submit(item).unwrap();
    }
    assert_eq!(groups.recv().unwrap(), [1, 2]);
    drop(committer);
    assert_eq!(groups.recv().unwrap(), [3]);
}

#[test]
fn a_full_queue_refuses_at_once_and_drop_hands_over_what_was_taken() {
    let (committer, groups, go) = gated();
    committer.submit(1).unwrap();
    assert_eq!(groups.recv().unwrap(), [1]);
    for item in 2..=4 {
        committer.submit(item).unwrap();
    }
    assert_eq!(committer.submit(5), Err(SubmitError::Full));
    drop(go);
    drop(committer);
    assert_eq!(groups.iter().flatten().collect::<Vec<_>>(), [2, 3, 4]);
}

#[test]
fn after_a_panic_of_the_handler_the_queue_is_closed() {
    let (started, handler_ran) = channel();
    let committer = Committer::spawn("panicking", OPTIONS, move |_: Vec<u32>| {
        started.send(()).unwrap();
        // Unwinds like a panic, without the noise of a report in the test's output.
        std::panic::resume_unwind(Box::new("the handler's own failure"));
    })
    .unwrap();
    committer.submit(1).unwrap();
    handler_ran.recv().unwrap();
    // The sender inside the handler goes while it unwinds, so this returns once the handler is gone.
    assert!(handler_ran.recv().is_err());
    assert_eq!(committer.close(), Err(SubmitError::Closed));
}
