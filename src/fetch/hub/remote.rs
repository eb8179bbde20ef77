//! One model on the Hub, and what every request for it has in common.

use ureq::{
    Agent, Body, RequestBuilder,
    http::{Response, StatusCode},
    typestate::WithoutBody,
};

use super::{
    environment::{Environment, Token},
    model::Model,
};
use crate::fetch::{
    self, Error,
    http::{self, Patience},
};

pub(super) const HUB: fetch::Remote = fetch::Remote::Hub;

/// A model on the Hub.
pub(super) struct Remote<'a> {
    pub(super) model: &'a Model<'a>,
    pub(super) endpoint: &'a str,
    pub(super) token: Option<&'a Token>,
    pub(super) patience: Patience,
    /// Stops at redirects, whose headers describe the file.
    pub(super) looking: Agent,
    pub(super) following: Agent,
}

impl<'a> Remote<'a> {
    pub(super) fn new(environment: &'a Environment, patience: Patience, model: &'a Model<'a>) -> Self {
        Self {
            model,
            endpoint: &environment.endpoint,
            token: environment.token.as_ref(),
            patience,
            looking: http::agent(0),
            following: http::agent(10),
        }
    }

    /// Adds the token, and asks for the bytes as they are: a compressed answer knows neither its
    /// length nor its parts.
    pub(super) fn signed(&self, request: RequestBuilder<WithoutBody>) -> RequestBuilder<WithoutBody> {
        let request = request.header("accept-encoding", "identity");
        match self.token {
            Some(token) => request.header("authorization", token.header()),
            None => request,
        }
    }

    /// Errors whose remedy is the user's.
    pub(super) fn refuse(&self, response: &Response<Body>, revision: &str, file: &str) -> Result<(), Error> {
        let name = self.model.name.to_owned();
        match response.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Error::Refused { name, status: response.status().as_u16() }),
            StatusCode::NOT_FOUND => Err(Error::NotFound { name, revision: revision.to_owned(), file: file.to_owned() }),
            _ => Ok(()),
        }
    }
}
