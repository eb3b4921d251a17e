//! Work in two threads: the demo is made for two cores.

use std::sync::Mutex;
use std::thread;

use anyhow::Result;

/// Does `work` for every item, two at a time, and gives the results in the order of the items. After the first error
/// nothing new is begun.
pub fn two_at_a_time<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> Result<R> + Sync) -> Result<Vec<R>> {
    let queue = Mutex::new(items.iter().enumerate());
    let next = || queue.lock().expect("no thread panics while it takes an item").next();
    let worker = || {
        let mut done = Vec::new();
        while let Some((at, item)) = next() {
            let result = work(item);
            if result.is_err() {
                while next().is_some() {}
            }
            done.push((at, result));
        }
        done
    };
    let mut done = thread::scope(|scope| {
        let other = scope.spawn(worker);
        let mut done = worker();
        done.extend(other.join().expect("the work does not panic"));
        done
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items_and_the_first_error_wins() {
        let squares = two_at_a_time(&[1, 2, 3, 4, 5], |n| Ok(n * n)).unwrap();
        assert_eq!(squares, [1, 4, 9, 16, 25]);
        let error = two_at_a_time(&[1, 2, 3], |n| if *n == 2 { anyhow::bail!("два") } else { Ok(*n) }).unwrap_err();
        assert_eq!(error.to_string(), "два");
    }
}
