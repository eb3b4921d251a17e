//! When centres work: the rhythm of the year, the week and the day.

use domain::{Day, Zone};

use super::splitmix::SplitMix64;

/// Answers by month, January first; only their proportions matter.
const MONTHS: [u32; 12] = [80, 90, 105, 115, 105, 95, 90, 95, 110, 115, 105, 100];
/// Answers by day of the week, Monday first.
const WEEKDAYS: [u32; 7] = [175, 170, 165, 160, 150, 70, 60];
/// Answers by local hour.
const HOURS: [u32; 24] = [
    1, 1, 1, 1, 1, 1, 2, 6, 20, 60, 90, 95, 80, 75, 90, 92, 85, 75, 50, 35, 25, 15, 8, 4,
];

/// Moments of a run of local days, drawn by the rhythm.
#[derive(Debug)]
pub struct Rhythm<'a> {
    zone: &'a Zone,
    first: Day,
    /// Weight of all days up to and including this one.
    days: Vec<u32>,
    hours: Vec<u32>,
}

impl<'a> Rhythm<'a> {
    /// The rhythm of the days from `first` to `last`, both included.
    pub fn new(zone: &'a Zone, first: Day, last: Day) -> Self {
        let weights = (first.number()..=last.number()).filter_map(Day::new).map(weight);
        Self {
            zone,
            first,
            days: running(weights),
            hours: running(HOURS),
        }
    }

    /// A moment, Unix seconds, whose local day is one of the run.
    pub fn moment(&self, random: &mut SplitMix64) -> i64 {
        let day = pick(&self.days, random);
        let (start, end) = self
            .zone
            .bounds(self.first + i32::try_from(day).expect("a run of days is short"));
        let hour = i64::try_from(pick(&self.hours, random)).expect("an hour of a day");
        // Where clocks jump a day has other hours than these; the moment stays inside it.
        (start + hour * 3600 + i64::from(random.below(3600))).min(end - 1)
    }
}

fn weight(day: Day) -> u32 {
    let month = usize::try_from(day.date().month() - 1).expect("months begin at one");
    let weekday = usize::try_from(day.weekday().to_monday_zero_offset()).expect("weekdays begin at zero");
    MONTHS[month] * WEEKDAYS[weekday]
}

/// Sums of the weights so far.
pub fn running(weights: impl IntoIterator<Item = u32>) -> Vec<u32> {
    let sums = weights.into_iter().scan(0, |sum, weight| {
        *sum += weight;
        Some(*sum)
    });
    sums.collect()
}

/// A place in the weights, by their proportions. `sums` is not empty and ends above zero.
pub fn pick(sums: &[u32], random: &mut SplitMix64) -> usize {
    let whole = sums.last().copied().expect("there is something to pick from");
    let draw = random.below(whole);
    sums.partition_point(|&sum| sum <= draw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_lie_in_the_local_days_of_the_run() {
        let zone = Zone::new("Asia/Yekaterinburg").unwrap();
        let (first, last) = (Day::ymd(2022, 12, 14).unwrap(), Day::ymd(2022, 12, 15).unwrap());
        let rhythm = Rhythm::new(&zone, first, last);
        let mut random = SplitMix64::new(1);
        let mut seen = [0_u32; 2];
        for _ in 0..2_000 {
            let day = zone.day_of(rhythm.moment(&mut random));
            assert!((first..=last).contains(&day), "{day}");
            seen[usize::try_from(day - first).unwrap()] += 1;
        }
        assert!(seen.iter().all(|&count| count > 800), "{seen:?}");
    }

    #[test]
    fn a_pick_follows_the_weights() {
        let sums = running([0, 10, 0, 90]);
        let mut random = SplitMix64::new(3);
        let picked: Vec<usize> = (0..1_000).map(|_| pick(&sums, &mut random)).collect();
        assert!(picked.iter().all(|&at| at == 1 || at == 3));
        let rare = picked.iter().filter(|&&at| at == 1).count();
        assert!((60..=140).contains(&rare), "{rare}");
    }
}
