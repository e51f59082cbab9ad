//! Asking: rows within a budget, and a question that ends when nobody waits for it.

use crate::error::exception_code;
use crate::{Budget, Error, Question, Store, Value};
use bytes::Bytes;
use clickhouse::QuerySummary;
use clickhouse::query::Query;
use model::Time;
use serde::de::DeserializeOwned;
use std::time::{Duration, Instant};

/// What was answered, and what it cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// What it cost.
    pub cost: Cost,
}

/// What an answer cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Rows read.
    pub read_rows: u64,
    /// Bytes read, uncompressed.
    pub read_bytes: u64,
    /// From the question to the last byte of its answer.
    pub elapsed: Duration,
}

/// The earliest and the latest moment that a `DateTime64(6)` can be.
const EARLIEST: Time = Time::new(-2_208_988_800, 0);
const LATEST: Time = Time::new(10_413_791_999, 999_999);

impl Store {
    /// Asks for rows. Columns are matched to the fields of `T` by name; 64-bit numbers are numbers, times RFC 3339.
    ///
    /// Dropping the future before it is done ends the question in the store too.
    pub async fn ask<T: DeserializeOwned>(&self, question: &Question) -> Result<Answer<T>, Error> {
        let (bytes, cost) = self.ask_raw(question, "JSONEachRow").await?;
        let rows = serde_json::Deserializer::from_slice(&bytes)
            .into_iter()
            .collect::<Result<Vec<T>, _>>()
            .map_err(|error| Error::Answer {
                question: question.name.clone(),
                reason: error.to_string(),
            })?;
        Ok(Answer { rows, cost })
    }

    /// Asks for the answer as bytes in a format of ClickHouse, such as `CSVWithNames` or `JSONCompact`.
    pub async fn ask_raw(&self, question: &Question, format: &str) -> Result<(Bytes, Cost), Error> {
        let started = Instant::now();
        let asked = Asked::new(self.clone());
        let mut query = bounded(self.client()?.query_raw(&question.sql), question.budget)
            .with_setting("query_id", &asked.id)
            .with_setting("log_comment", &question.name);
        for (name, value) in &question.params {
            query = bound(query, name, value);
        }
        let mut cursor =
            query.fetch_bytes(format).map_err(|error| self.refused(question, &error))?;
        let collected = cursor.collect().await;
        asked.answered();
        let bytes = collected.map_err(|error| self.refused(question, &error))?;
        let summary = cursor.summary();
        let cost = Cost {
            read_rows: summary.and_then(QuerySummary::read_rows).unwrap_or(0),
            read_bytes: summary.and_then(QuerySummary::read_bytes).unwrap_or(0),
            elapsed: started.elapsed(),
        };
        Ok((bytes, cost))
    }

    fn refused(&self, question: &Question, error: &clickhouse::error::Error) -> Error {
        let Budget { rows, bytes, seconds, memory } = question.budget;
        let limit = match error {
            clickhouse::error::Error::BadResponse(text) => match exception_code(text) {
                Some(158) => format!("{rows} rows"),
                Some(307) => format!("{bytes} bytes"),
                Some(159) => format!("{seconds} s"),
                Some(241) => format!("{memory} bytes of memory"),
                Some(396) => format!("{RESULT_ROWS} rows of answer"),
                _ => return self.failed(&question.name, error),
            },
            _ => return self.failed(&question.name, error),
        };
        let reason = match self.failed(&question.name, error) {
            Error::Busy { reason, .. } | Error::Broken { reason, .. } => reason,
            other => return other,
        };
        Error::OverBudget { question: question.name.clone(), limit, reason }
    }
}

/// Most rows in one answer.
const RESULT_ROWS: u64 = 1_000_000;

fn bounded(query: Query, budget: Budget) -> Query {
    query
        .with_setting("readonly", "2")
        .with_setting("wait_end_of_query", "1")
        .with_setting("cancel_http_readonly_queries_on_client_close", "1")
        .with_setting("max_rows_to_read", budget.rows.to_string())
        .with_setting("max_bytes_to_read", budget.bytes.to_string())
        .with_setting("max_execution_time", budget.seconds.to_string())
        .with_setting("max_memory_usage", budget.memory.to_string())
        .with_setting("max_result_rows", RESULT_ROWS.to_string())
        .with_setting("output_format_json_quote_64bit_integers", "0")
        .with_setting("date_time_output_format", "iso")
        .with_setting("session_timezone", "UTC")
}

fn bound(query: Query, name: &str, value: &Value) -> Query {
    match value {
        Value::Text(text) => query.param(name, text),
        Value::Number(number) => query.param(name, number),
        Value::Time(time) => query.param(name, literal(*time)),
        Value::Texts(texts) => query.param(name, texts),
        Value::Numbers(numbers) => query.param(name, numbers),
    }
}

/// A moment as `DateTime64(6)` is written, in UTC.
fn literal(time: Time) -> String {
    time.clamp(EARLIEST, LATEST).to_string().replace('T', " ").replace('Z', "")
}

/// A question under way: dropped before its answer, it is ended in the store.
struct Asked {
    store: Store,
    id: String,
    done: bool,
}

impl Asked {
    fn new(store: Store) -> Self {
        let id = format!("{:032x}", rand::random::<u128>());
        Self { store, id, done: false }
    }

    fn answered(mut self) {
        self.done = true;
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let (Ok(runtime), Ok(client)) =
            (tokio::runtime::Handle::try_current(), self.store.client())
        else {
            return;
        };
        let statement =
            format!("KILL QUERY WHERE query_id = '{}' AND user = currentUser() ASYNC", self.id);
        runtime.spawn(async move {
            if let Err(error) = client.query_raw(&statement).execute().await {
                tracing::debug!(%error, "a question could not be ended");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_beyond_the_range_of_the_store_are_its_first_and_last_moment() {
        assert_eq!(literal(Time(i64::MAX)), "2299-12-31 23:59:59.999999");
        assert_eq!(literal(Time(i64::MIN)), "1900-01-01 00:00:00.000000");
        assert_eq!(literal(Time(0)), "1970-01-01 00:00:00.000000");
    }
}
