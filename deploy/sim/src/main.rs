//! `cargo run --release -p sim -- --seeds 1..2000`: plays scripts and says of a failing one how to play it again.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use clap::Parser;
use sim::play::{Broken, Ended, again};
use sim::{Script, play, shrink};

/// Plays random operations on a whole federation and asks whether every incident counts once.
#[derive(Parser)]
struct Arguments {
    /// Seeds, both ends included: `17` or `1..2000`.
    #[arg(long, value_parser = seeds, default_value = "1..100")]
    seeds: (u64, u64),
    /// Only these operations of the script, by number.
    #[arg(long, value_delimiter = ',')]
    keep: Option<Vec<usize>>,
    /// Make the script of a failing seed short.
    #[arg(long)]
    shrink: bool,
    /// Print the operations of each seed.
    #[arg(long)]
    print: bool,
    /// Simulations at once.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
}

fn seeds(text: &str) -> Result<(u64, u64), String> {
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    let number = |text: &str| text.parse::<u64>().map_err(|error| format!("{text}: {error}"));
    Ok((number(from)?, number(to)?))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let (next, failed) = (AtomicU64::new(arguments.seeds.0), Mutex::new(Vec::new()));
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..arguments.jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > arguments.seeds.1 {
                        return;
                    }
                    if !one(seed, &arguments)
                        && let Ok(mut failed) = failed.lock()
                    {
                        failed.push(seed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_default();
    let number = arguments.seeds.1.saturating_sub(arguments.seeds.0) + 1;
    println!("{number} seeds in {} s, failed: {failed:?}", began.elapsed().as_secs());
    if failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn one(seed: u64, arguments: &Arguments) -> bool {
    let drawn = Script::draw(seed);
    let script = arguments
        .keep
        .as_ref()
        .map_or_else(|| drawn.clone(), |kept| drawn.keeping(kept));
    if arguments.print {
        println!("{:?}, {} incidents", script.shape, script.incidents);
        for (at, op) in script
            .ops
            .iter()
            .enumerate()
            .filter(|(_, op)| **op != sim::script::NOTHING)
        {
            println!("{at:4} {op:?}");
        }
    }
    let began = Instant::now();
    match std::panic::catch_unwind(|| play(&script)) {
        Ok(Ok(ended)) => {
            passed(seed, &script, &ended, began);
            true
        }
        Ok(Err(broken)) => {
            tell(seed, &broken);
            if arguments.shrink {
                short(&script);
            }
            false
        }
        Err(_) => {
            println!("seed {seed}: a panic, told above; again: {}", again(seed));
            false
        }
    }
}

fn passed(seed: u64, script: &Script, ended: &Ended, began: Instant) {
    let Ended {
        entries,
        root,
        counted,
        talks,
    } = ended;
    println!(
        "seed {seed}: {} regions, {} operations, {} talks ({} cut short), {counted} of {} incidents counted, {entries} entries, root {}, {} ms",
        script.shape.regions,
        script.ops.len(),
        talks.0,
        talks.1,
        script.incidents,
        &root.to_string()[..8],
        began.elapsed().as_millis()
    );
}

fn tell(seed: u64, broken: &Broken) {
    println!("seed {seed}: {broken}\n  again: {}", again(seed));
}

fn short(script: &Script) {
    let found = shrink::shrink(script, &mut |left| eprintln!("  {left} operations left"));
    let Some((kept, broken)) = found else { return };
    let kept: Vec<String> = kept.iter().map(ToString::to_string).collect();
    println!(
        "  short: {} --keep {} --print\n  {broken}",
        again(script.seed),
        kept.join(",")
    );
}
