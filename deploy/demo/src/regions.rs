//! The six regions of the Ural district and what each of them did in 2021 and 2022.
//!
//! Published, and met exactly: Sverdlovsk's 54,548 messages answered in 2 h 28 min on average from 1 January 2022 to the
//! day of the article; the district's three hours for 2022, weighted by count. Published as words, and met by numbers of
//! our own: the district's «почти 400 тысяч», Sverdlovsk's «почти на час» within a year and «почти в три раза» since the
//! beginning. Everything else (how the other five shared the rest, all of 2021 in the district) is made up.

use domain::Day;
use jiff::civil::date;

/// The district.
pub const DISTRICT: &str = "RU-FD-URAL";
/// The region with figures of its own in the press.
pub const SVERDLOVSK: &str = "65";
/// The first day of the data.
pub fn first_day() -> Day {
    day(2021, 1, 1)
}

/// The last day of the data.
pub fn last_day() -> Day {
    day(2022, 12, 31)
}

/// The day to which Sverdlovsk's figures run: the article says «с начала года» and appeared in December 2022; the day
/// itself is not given with the figures, so this is the day of the sister article of the same series.
pub fn article_day() -> Day {
    day(2022, 12, 13)
}

/// Mean response of the district in 2022, seconds: three hours.
const DISTRICT_MEAN_2022_S: u64 = 10_800;
/// Mean response of the district in 2021, seconds: made up.
const DISTRICT_MEAN_2021_S: u64 = 13_200;

/// Some days of a region, by the local day on which a message was dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First day.
    pub first: Day,
    /// Last day, included.
    pub last: Day,
    /// Messages dealt with.
    pub processed: u32,
    /// Those of them that never got an answer of their own: redirected, or closed without one.
    pub unanswered: u32,
    /// What the response times of all answered ones add up to, seconds.
    pub sum_s: u64,
}

impl Window {
    /// Messages answered.
    pub fn answered(&self) -> u32 {
        self.processed - self.unanswered
    }
}

/// A region and its node.
#[derive(Clone, Debug)]
pub struct Region {
    /// Id of the node.
    pub node: &'static str,
    /// Code of the territory.
    pub territory: &'static str,
    /// Territories of its messages with weights: municipalities of their own, the rest under the region's code.
    pub places: &'static [(&'static str, u32)],
    /// Messages in a thousand that came through the state portal.
    pub portal_permille: u32,
    /// What it did, in the order of time, without holes.
    pub windows: Vec<Window>,
}

/// Id of the node, territory, then count and mean in seconds for 2021 and for 2022.
type Row = (&'static str, &'static str, [(u32, u32); 2]);

/// The four regions whose years are simple. Their counts make 301,683 and 396,412 together with the two below.
const ROWS: [Row; 4] = [
    ("kurgan", "37", [(23_183, 18_000), (30_200, 17_280)]),
    ("tyumen", "71", [(45_600, 13_800), (60_412, 11_400)]),
    ("khmao", "718", [(68_900, 12_900), (90_164, 10_320)]),
    ("yamal", "719", [(27_900, 15_000), (36_104, 13_500)]),
];
/// Chelyabinsk's counts; its sums of response times are what the district's mean leaves over.
const CHELYABINSK: [u32; 2] = [92_300, 121_877];
/// In a thousand processed messages, those without an answer of their own, wherever nothing else is published.
const UNANSWERED_PERMILLE: u32 = 18;

/// The regions, Sverdlovsk first.
pub fn regions() -> Vec<Region> {
    let mut regions = vec![sverdlovsk()];
    regions.extend(ROWS.map(|(node, territory, years)| {
        let windows = [2021, 2022].into_iter().zip(years).map(|(year, (processed, mean_s))| {
            let window = Window {
                unanswered: processed * UNANSWERED_PERMILLE / 1000,
                ..whole_year(year, processed)
            };
            Window {
                sum_s: u64::from(window.answered()) * u64::from(mean_s),
                ..window
            }
        });
        region(node, territory, windows.collect())
    }));
    let rest = [(2021, DISTRICT_MEAN_2021_S), (2022, DISTRICT_MEAN_2022_S)]
        .into_iter()
        .zip(CHELYABINSK);
    let rest = rest
        .map(|((year, mean_s), processed)| remainder(&regions, year, processed, mean_s))
        .collect();
    regions.insert(1, region("chelyabinsk", "75", rest));
    regions
}

/// The year that makes the district's weighted mean exact.
fn remainder(others: &[Region], year: i16, processed: u32, mean_s: u64) -> Window {
    let window = Window {
        unanswered: processed * UNANSWERED_PERMILLE / 1000,
        ..whole_year(year, processed)
    };
    let within = |other: &&Window| (window.first..=window.last).contains(&other.first);
    let others: Vec<&Window> = others
        .iter()
        .flat_map(|region| &region.windows)
        .filter(within)
        .collect();
    let answered: u32 = others.iter().map(|other| other.answered()).sum::<u32>() + window.answered();
    let sum: u64 = others.iter().map(|other| other.sum_s).sum();
    Window {
        sum_s: mean_s * u64::from(answered) - sum,
        ..window
    }
}

/// Sverdlovsk: every message got its answer, so that the published count stands for both; its first month is the slowest.
fn sverdlovsk() -> Region {
    let window = |first, last, processed, mean_s: u32| Window {
        first,
        last,
        processed,
        unanswered: 0,
        sum_s: u64::from(processed) * u64::from(mean_s),
    };
    let windows = vec![
        window(first_day(), day(2021, 1, 31), 3_000, 25_800),
        // 25,800 s in January and 11,251 s after it make 12,300 s (3 h 25 min) up to 13 December.
        window(day(2021, 2, 1), day(2021, 12, 13), 38_600, 11_251),
        window(day(2021, 12, 14), day(2021, 12, 31), 2_200, 12_300),
        window(day(2022, 1, 1), article_day(), 54_548, 8_880),
        window(day(2022, 12, 14), last_day(), 3_107, 8_880),
    ];
    Region {
        places: &[("65701", 44), ("65751", 11), ("65740", 6), ("65", 39)],
        // The published figure is that of one system, «Инцидент-менеджмент».
        portal_permille: 0,
        ..region("sverdlovsk", SVERDLOVSK, windows)
    }
}

fn region(node: &'static str, territory: &'static str, windows: Vec<Window>) -> Region {
    Region {
        node,
        territory,
        places: &[],
        portal_permille: 90,
        windows,
    }
}

fn whole_year(year: i16, processed: u32) -> Window {
    Window {
        first: day(year, 1, 1),
        last: day(year, 12, 31),
        processed,
        unanswered: 0,
        sum_s: 0,
    }
}

fn day(year: i16, month: i8, day: i8) -> Day {
    Day::from_date(date(year, month, day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_follow_one_another_without_holes_from_the_first_day_to_the_last() {
        for region in regions() {
            assert_eq!(
                region.windows.first().map(|window| window.first),
                Some(first_day()),
                "{}",
                region.node
            );
            assert_eq!(
                region.windows.last().map(|window| window.last),
                Some(last_day()),
                "{}",
                region.node
            );
            assert!(
                region
                    .windows
                    .windows(2)
                    .all(|pair| pair[0].last.next() == pair[1].first),
                "{}",
                region.node
            );
        }
    }

    #[test]
    fn the_regions_are_those_of_the_district_in_the_federation_that_ships() {
        let federation = domain::federation::Federation::shipped();
        let district = domain::Code::literal(DISTRICT);
        let children = federation.tree().children(&district, article_day());
        let mut shipped: Vec<&str> = children.iter().map(|unit| unit.code.as_str()).collect();
        let mut ours: Vec<&str> = regions().iter().map(|region| region.territory).collect();
        shipped.sort_unstable();
        ours.sort_unstable();
        assert_eq!(ours, shipped);
    }
}
