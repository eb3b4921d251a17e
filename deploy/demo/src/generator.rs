//! Incidents made from a fixed seed: a region's two years as a source system would have recorded them.
//!
//! Promises that a region gets the same incidents every time and on every machine, and that its windows hold exactly:
//! so many dealt with in these local days, and response times that add up to the second. Knows no file and no node.

mod durations;
mod profile;
mod rhythm;
mod splitmix;
mod story;

use domain::incident::Incident;
use domain::{Code, Zone};

use crate::regions::{Region, Window};
use profile::Profile;
use rhythm::Rhythm;
use splitmix::SplitMix64;
use story::{Ending, Story};

/// The seed of everything; with another one every figure but the published ones comes out otherwise.
const SEED: u64 = 0x5356_4f44_4b41_2022;
/// Messages still without an answer when the data ends: so many per hundred of a usual day's.
const OPEN_PERCENT_OF_A_DAY: u32 = 70;

/// All incidents of a region, in the order of their registration.
pub fn incidents(region: &Region, zone: &Zone) -> Vec<Incident> {
    let seed = region
        .territory
        .bytes()
        .fold(SEED, |seed, byte| seed.rotate_left(8) ^ u64::from(byte));
    let mut random = SplitMix64::new(seed);
    let profile = Profile::new(region);
    let end = region
        .windows
        .last()
        .map_or(i64::MAX, |window| zone.bounds(window.last).1);
    let mut stories: Vec<Story> = Vec::new();
    for window in &region.windows {
        stories.extend(dealt_with(window, zone, &profile, &mut random));
    }
    if let Some(last) = region.windows.last() {
        stories.extend(open(last, zone, &profile, &mut random));
    }
    stories.sort_by_key(|story| story.registered);
    let numbered = (1_u32..).zip(stories);
    let incident = |(number, story): (u32, Story)| {
        let id = id(&story, number);
        story.incident(id, zone, end, &mut random)
    };
    numbered.map(incident).collect()
}

fn id(story: &Story, number: u32) -> Code {
    let id = format!("{}-{number:06}", story.choice.source);
    Code::new(&id).expect("a source and a number are a code")
}

/// The messages of a window: dealt with on its days, with response times that make its sum.
fn dealt_with(window: &Window, zone: &Zone, profile: &Profile, random: &mut SplitMix64) -> Vec<Story> {
    let rhythm = Rhythm::new(zone, window.first, window.last);
    let year = window.first.date().year();
    let choices: Vec<_> = (0..window.processed).map(|_| profile.choose(year, random)).collect();
    let weights: Vec<u32> = choices
        .iter()
        .map(|choice| durations::share(random) * choice.slowness)
        .collect();
    let (unanswered, answered) = weights.split_at(window.unanswered as usize);
    let mean = window.sum_s / u64::from(window.answered().max(1));
    let mut took = durations::scale(unanswered, mean * unanswered.len() as u64);
    took.extend(durations::scale(answered, window.sum_s));
    let endings = (0..window.processed).map(|at| match at {
        at if at >= window.unanswered => Ending::Answered,
        at if at % 3 == 0 => Ending::NoAnswer,
        _ => Ending::Redirected,
    });
    let parts = choices.into_iter().zip(took).zip(endings);
    let story = |((choice, took), ending)| {
        let ended = rhythm.moment(random);
        Story {
            choice,
            registered: ended - i64::from(took),
            ended,
            ending,
        }
    };
    parts.map(story).collect()
}

/// Messages of the last two days that nobody has dealt with yet.
fn open(window: &Window, zone: &Zone, profile: &Profile, random: &mut SplitMix64) -> Vec<Story> {
    let days = u32::try_from(window.last - window.first + 1).expect("a window has days");
    let count = window.processed / days * OPEN_PERCENT_OF_A_DAY / 100;
    let rhythm = Rhythm::new(zone, window.last.previous(), window.last);
    let year = window.last.date().year();
    let story = |_| {
        let registered = rhythm.moment(random);
        let choice = profile.choose(year, random);
        Story {
            choice,
            registered,
            ended: registered,
            ending: Ending::Open,
        }
    };
    (0..count).map(story).collect()
}

#[cfg(test)]
mod tests;
