//! The demo: a whole federation on this machine, from the first key to the district's report.
//!
//! `cargo demo` starts one hub and the six nodes of the Ural district as real processes, gives them two generated years,
//! and prints the district's report with the published figures beside ours. It knows the two programs by their commands
//! only and the federation's nouns from `domain`; everything it makes is in one directory.

mod boston;
mod export;
mod generator;
mod interrupt;
mod measured;
mod pairs;
mod place;
mod process;
mod programs;
mod progress;
mod published;
mod regions;
mod stage;
mod tagil;
mod ural;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::{Parser, ValueEnum};

use interrupt::Interrupt;
use place::Place;
use progress::Phase;
use stage::Stage;

/// Демонстрация: хаб и узлы на этой машине, от первого ключа до сводки.
#[derive(Debug, Parser)]
#[command(name = "demo", version)]
struct Arguments {
    /// Какая федерация
    #[arg(long, value_enum, default_value_t)]
    federation: Choice,
    /// Файл с настоящими обращениями (только для boston, обязателен)
    #[arg(long, value_name = "FILE", required_if_eq("federation", "boston"))]
    input: Option<PathBuf>,
    /// Каталог для всего, что создаётся; обычно новый во временных файлах
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Закончить после сводки, а не ждать Ctrl-C
    #[arg(long)]
    once: bool,
}

/// Which federation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Choice {
    /// Уральский федеральный округ, обращения создаёт генератор
    #[default]
    Ural,
    /// Город Бостон, обращения из файла
    Boston,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("demo: не все опубликованные показатели сходятся");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Says whether every published figure holds.
fn run(arguments: &Arguments) -> Result<bool> {
    let (boston, input) = (arguments.federation == Choice::Boston, arguments.input.as_deref());
    ensure!(
        boston || input.is_none(),
        "--input нужен только с --federation boston: обращения округа создаёт генератор"
    );
    if let Some(input) = input {
        ensure!(input.is_file(), "{}: такого файла нет", input.display());
    }
    let interrupt = Interrupt::on_signals()?;
    let programs = programs::build()?;
    let place = Place::make(arguments.dir.as_deref())?;
    eprintln!("Всё создаётся в {}", place.path().display());
    let federation = boston.then(|| boston::federation(&place)).transpose()?;
    let phase = Phase::begin("Хаб основывает федерацию", 1, "хаб");
    let mut stage = Stage::found(programs, place, interrupt.clone(), federation.as_deref())?;
    phase.finish();
    let holds = match input {
        Some(input) => boston::run(&mut stage, input).map(|()| true)?,
        None => ural::run(&mut stage, &interrupt)?,
    };
    tell(
        &stage,
        &if boston {
            boston::further(&stage)
        } else {
            ural::further(&stage)
        },
        arguments.once,
    );
    if !arguments.once {
        tell_pages(&stage)?;
        stage.stay()?;
        eprintln!("Процессы останавливаются…");
    }
    Ok(holds)
}

/// Where the pages are and how to come in.
fn tell_pages(stage: &Stage) -> Result<()> {
    if let Some(reader) = stage.reader()? {
        println!("\nСводка в браузере: {}", reader.address);
        println!("  имя {}, пароль на этот запуск {}", reader.name, reader.password);
        let authority = stage.place().hub().join("identity").join("ca.crt");
        println!(
            "  сертификат выдан самим хабом ({}), поэтому браузер спросит о нём",
            authority.display()
        );
    }
    Ok(())
}

/// Where everything is and how to look further.
fn tell(stage: &Stage, further: &[String], once: bool) {
    let place = stage.place();
    println!(
        "\nВсё лежит в {}: хаб в hub, узлы под своими именами;",
        place.path().display()
    );
    println!(
        "загруженные файлы в {}, журналы процессов в {}.",
        place.data().display(),
        place.logs().display()
    );
    println!("Посмотреть дальше (команды работают и без запущенных процессов):");
    for line in further {
        println!("  {line}");
    }
    if !once {
        println!("\nХаб работает на {}; остановить всё: Ctrl-C.", stage.hub_address());
    }
}
