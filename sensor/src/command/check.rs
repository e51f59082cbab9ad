//! `bartizan-sensor check`: which ways to capture work on this machine and why, and whether the store is there.

use super::Exit;
use config::Settings;
use store::{Role, Store};

/// One line of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    what: &'static str,
    works: bool,
    why: String,
}

/// Prints what works; the exit code says whether rows can be sent.
pub fn run(settings: &Settings) -> Exit {
    let mut lines = captures();
    lines.push(Line { what: "settings", works: true, why: told(settings) });
    let (store, exit) = store_line(settings);
    lines.push(store);
    for Line { what, works, why } in &lines {
        println!("{what:<14} {:<4} {why}", if *works { "yes" } else { "no" });
    }
    exit
}

fn captures() -> Vec<Line> {
    let later = "not built yet: this version reads captures from files";
    vec![
        Line {
            what: "file",
            works: true,
            why: "pcap and pcapng, plain or gzip: bartizan-sensor replay FILE".into(),
        },
        Line { what: "libpcap", works: false, why: later.into() },
        Line { what: "af_packet", works: false, why: later.into() },
        Line { what: "xdp", works: false, why: later.into() },
    ]
}

fn told(settings: &Settings) -> String {
    let sensor = &settings.sensor;
    format!(
        "tap {}, at most {} flows, idle after {} s (TCP) and {} s",
        sensor.tap, sensor.max_flows, sensor.tcp_idle_s, sensor.other_idle_s
    )
}

fn store_line(settings: &Settings) -> (Line, Exit) {
    let what = "store";
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return (Line { what, works: false, why: error.to_string() }, Exit::Failed),
    };
    let asked = runtime.block_on(async {
        let session = Store::open(&settings.store, Role::Sensor).await?;
        let version = session.probe().await?;
        let schema = session.check_schema().await;
        Ok::<_, store::Error>((version, schema))
    });
    match asked {
        Ok((version, Ok(()))) => {
            let why =
                format!("engine {version}, database {} is up to date", settings.store.database);
            (Line { what, works: true, why }, Exit::Done)
        }
        Ok((version, Err(error))) => {
            let why = format!("engine {version}, but {error}");
            (Line { what, works: false, why }, Exit::of_store(&error))
        }
        Err(error) => {
            let exit = Exit::of_store(&error);
            (Line { what, works: false, why: error.to_string() }, exit)
        }
    }
}
