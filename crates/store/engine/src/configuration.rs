//! The engine's two files, rendered from the folder, the secrets and the table of grants.

use crate::grant::{self, PERSON, PROGRAMS, Profile};
use crate::secret;
use anyhow::Result;
use store::Folder;
use store::hash::sha256;

/// Writes `etc/config.xml` and `etc/users.xml`, with the passwords they need, readable by this account alone.
pub fn write(folder: &Folder) -> Result<()> {
    let mut users = String::new();
    for (name, profile) in PROGRAMS {
        users.push_str(&user(
            name,
            name,
            *profile,
            &sha256(secret::password_of(folder, name)?.as_bytes()),
        ));
    }
    for (name, hash) in people(folder)? {
        users.push_str(&user(&name, PERSON, Profile::Person, &hash));
    }
    let etc = folder.path().join("etc");
    secret::write_private(&etc.join("users.xml"), &users_file(&users))?;
    secret::write_private(
        &etc.join("config.xml"),
        &config_file(folder, &secret::password_of(folder, "zones")?),
    )
}

/// The person that every new store has.
pub const ANALYST: &str = "analyst";

/// Names and password hashes of people: `etc/people/NAME` holds the hash; `analyst` has a password file besides.
fn people(folder: &Folder) -> Result<Vec<(String, String)>> {
    let mut people =
        vec![(ANALYST.to_owned(), sha256(secret::password_of(folder, ANALYST)?.as_bytes()))];
    let Ok(entries) = std::fs::read_dir(folder.path().join("etc/people")) else {
        return Ok(people);
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_name(&name) {
            people.push((name, std::fs::read_to_string(entry.path())?.trim().to_owned()));
        }
    }
    people.sort();
    Ok(people)
}

/// Whether a person may be called so: a letter, then letters, digits and `_`, at most 32, and no name of ours.
pub fn is_name(name: &str) -> bool {
    let ours = ["default", ANALYST];
    name.len() <= 32
        && !ours.contains(&name)
        && PROGRAMS.iter().all(|(program, _)| *program != name)
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}

fn user(name: &str, role: &str, profile: Profile, hash: &str) -> String {
    let grants: String = grant::of_role(role)
        .iter()
        .flat_map(|grant| ["<query>GRANT ", grant.as_str(), "</query>"])
        .collect();
    let profile = profile.name();
    format!(
        "    <{name}><password_sha256_hex>{hash}</password_sha256_hex><networks><ip>127.0.0.1</ip><ip>::1</ip></networks>\
         <profile>{profile}</profile><quota>none</quota><grants>{grants}</grants></{name}>\n"
    )
}

fn users_file(users: &str) -> String {
    let reader = format!("<readonly>2</readonly>{BUDGETS}");
    let person = BUDGETS;
    let names = [Profile::Program, Profile::Reader, Profile::Person].map(Profile::name);
    format!(
        "<clickhouse>
  <profiles>
    <default></default>
    <boot><readonly>1</readonly><max_execution_time>1</max_execution_time><max_memory_usage>50000000</max_memory_usage><max_threads>1</max_threads></boot>
    <{0}></{0}>
    <{1}>{reader}</{1}>
    <{2}>{person}</{2}>
  </profiles>
  <quotas>
    <none></none>
    <boot><interval><duration>2147483647</duration><queries>2</queries><errors>1</errors></interval></boot>
  </quotas>
  <users>
    <default><password></password><networks><ip>::1</ip></networks><profile>boot</profile><quota>boot</quota>
      <grants><query>GRANT SYSTEM LISTEN ON *.*</query></grants></default>
{users}  </users>
</clickhouse>
",
        names[0], names[1], names[2]
    )
}

/// What one question of a reader or a person may cost, and how far they may raise it.
const BUDGETS: &str = "<max_execution_time>30</max_execution_time><max_memory_usage>2000000000</max_memory_usage>\
    <max_rows_to_read>200000000</max_rows_to_read><max_result_rows>1000000</max_result_rows>\
    <constraints><max_execution_time><min>1</min><max>120</max></max_execution_time>\
    <max_memory_usage><min>1</min><max>4000000000</max></max_memory_usage>\
    <max_rows_to_read><min>1</min><max>2000000000</max></max_rows_to_read></constraints>";

fn config_file(folder: &Folder, zones_password: &str) -> String {
    let place = escaped(&folder.path().display().to_string());
    let log = |name: &str| {
        format!(
            "<{name}><database>system</database><table>{name}</table><flush_interval_milliseconds>2000</flush_interval_milliseconds>\
             <partition_by>toYYYYMMDD(event_date)</partition_by><ttl>event_date + INTERVAL 7 DAY DELETE</ttl></{name}>"
        )
    };
    format!(
        "<clickhouse>
  <path>{place}/data</path>
  <tmp_path>{place}/tmp/</tmp_path>
  <listen_host>127.0.0.1</listen_host>
  <http_port>0</http_port>
  <timezone>UTC</timezone>
  <users_config>{place}/etc/users.xml</users_config>
  <logger><level>warning</level><log>{place}/store.log</log><size>20M</size><count>3</count></logger>
  <max_server_memory_usage_to_ram_ratio>0.5</max_server_memory_usage_to_ram_ratio>
  <shutdown_wait_unfinished>1</shutdown_wait_unfinished>
  <max_thread_pool_size>300</max_thread_pool_size>
  <mark_cache_size>268435456</mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <named_collections><zone_source><host>127.0.0.1</host><user>zones</user><password>{zones_password}</password><table>zone_now</table></zone_source></named_collections>
  {}
  {}
</clickhouse>
",
        log("query_log"),
        log("part_log")
    )
}

/// Text as XML holds it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_hold_hashes_and_never_a_password_but_the_dictionary_s() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::new(place.path()).unwrap();
        write(&folder).unwrap();
        let users = std::fs::read_to_string(place.path().join("etc/users.xml")).unwrap();
        for (name, _) in PROGRAMS {
            let password = folder.secret(name).unwrap();
            assert!(
                !users.contains(&password) && users.contains(&sha256(password.as_bytes())),
                "{name}"
            );
        }
    }

    #[test]
    fn a_person_s_name_is_an_identifier() {
        assert!(is_name("alice") && is_name("a_1"));
        assert!(
            !is_name("Alice")
                && !is_name("1a")
                && !is_name("a<b")
                && !is_name("")
                && !is_name("../x")
                && !is_name("owner")
        );
    }
}
