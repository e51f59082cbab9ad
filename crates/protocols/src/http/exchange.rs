//! A request and its response, from the first of the two to the row.

use crate::http::Http;
use crate::http::head::{Request, Response};
use crate::oddities::Oddity;
use crate::row::microseconds;
use crate::sink::{Confidence, Sink};
use model::Time;

/// A request and its response in the making.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) row: Http,
    pub(super) has_request_ended: bool,
    pub(super) has_response: bool,
    pub(super) has_response_ended: bool,
}

impl Exchange {
    pub(super) const fn new(row: Http) -> Self {
        Self { row, has_request_ended: false, has_response: false, has_response_ended: false }
    }

    /// Takes in what is kept of the response.
    pub(super) fn answer(&mut self, response: Response, now: Time) {
        self.has_response = true;
        self.row.oddities.add_all(response.oddities);
        self.row.latency_us = microseconds(self.row.time, now);
        self.row.status = response.status;
        if self.row.version == 0 {
            self.row.version = response.version;
        }
        self.row.response_type = response.content_type;
    }

    /// Writes the row.
    pub(super) fn write(mut self, out: &mut Sink<'_>) {
        if !self.has_response {
            self.row.oddities.add(Oddity::NoResponse);
        } else if self.row.oddities.is_empty() {
            out.learnt.is_at_least(Confidence::Walked);
        }
        out.row(&self.row);
    }
}

impl Http {
    /// Takes in what is kept of a request.
    pub(super) fn fill_request(&mut self, request: Request) {
        self.method = request.method;
        self.host = request.host;
        self.path = request.path;
        self.query_bytes = request.query_bytes;
        self.user_agent = request.user_agent;
        self.referrer_host = request.referrer_host;
        self.version = request.version;
        self.request_type = request.content_type;
        self.oddities.add_all(request.oddities);
    }
}
