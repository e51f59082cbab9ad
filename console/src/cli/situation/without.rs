//! What was judged as if taps had been blind: the database beside, or the commands that make it.

use super::super::Context;
use crate::effects::Opener;
use crate::failure::{Exit, Failure};
use model::Time;
use std::path::Path;
use store::Role;
use store::schema::Beside;

/// Opens the database that stands beside that of the settings, without the taps that the options leave out.
///
/// # Errors
/// If a tap is not known, or there is no such database: the failure then has the commands that make it, with the settings
/// that this one was given.
pub async fn opener(context: &Context, settings_file: Option<&Path>) -> Result<Opener, Failure> {
    let source = context.opener(Role::Person);
    let store = source.store().await?;
    let without = &context.scope.without;
    store.check_taps(without).await.map_err(unknown_tap)?;
    let beside = Beside::new(store.database(), without);
    let name = beside.name();
    if store.with_database(&name).beside().await?.as_ref() != Some(&beside) {
        return Err(not_made(context, &beside, &name, settings_file));
    }
    let mut settings = context.loaded.settings.store.clone();
    settings.database = name;
    Ok(Opener::new(settings, Role::Person))
}

fn unknown_tap(error: store::Error) -> Failure {
    match error {
        store::Error::Setting(said) => Failure::usage(present::safe(&said), ""),
        other => other.into(),
    }
}

fn not_made(
    context: &Context,
    beside: &Beside,
    name: &str,
    settings_file: Option<&Path>,
) -> Failure {
    let with =
        settings_file.map_or_else(String::new, |file| format!(" --config {}", file.display()));
    let (migrate, judge) = (beside.command(name), judge(context, beside, name));
    Failure {
        code: "E-WITHOUT-001",
        sentence: format!(
            "nothing was judged without {} yet: there is no database {}",
            present::safe(&beside.without.join(", ")),
            present::safe(name)
        ),
        next: present::safe(&format!("{migrate}{with}  &&  {judge}{with}")),
        exit: Exit::Failed,
    }
}

/// The command that judges the range that is asked about.
fn judge(context: &Context, beside: &Beside, name: &str) -> String {
    let hours = |time: Time| time.floor(Time::HOUR);
    let (from, to) = (hours(context.scope.from), context.scope.to.minute());
    let taps = beside.without.join(" --without ");
    format!("bartizan analyze once --from {from} --to {to} --without {taps} --into {name}")
}
