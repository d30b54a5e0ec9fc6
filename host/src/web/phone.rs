//! `/phone`: a page that looks like a phone, for talking to a tenant as its debtors do and seeing how each reply came
//! about. Open to anybody in the demo, to signed-in staff elsewhere.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json as Answer, Router};
use serde::{Deserialize, Serialize};

use super::asking::Caller;
use super::assets;
use super::body::Json;
use super::conversation::{Message, Said, request, said};
use super::problem::Problem;
use super::router::{Front, FrontState, phone_limits};
use crate::app::{AppError, ContactView, blocking};
use crate::conversation::channel::Channel;
use crate::decision::Version;
use crate::demo::DemoContact;
use crate::tenant::{Principal, Role, TenantName};

pub(super) fn router() -> Router<Front> {
    phone_limits(
        Router::new()
            .route("/", get(home))
            .route("/phone", get(page))
            .route("/phone/api/setup", get(setup))
            .route("/phone/api/turn", post(turn))
            .route("/phone/api/contact", get(contact))
            .route("/phone/api/reset", post(reset)),
    )
}

async fn home() -> Redirect {
    Redirect::to("/phone")
}

async fn page(State(front): FrontState, caller: Option<Caller>, uri: Uri, headers: HeaderMap) -> Response {
    if front.demo.is_none() && caller.is_none() {
        // A link to one conversation still leads there after signing in.
        let here = uri.path_and_query().map_or("/phone", |here| here.as_str());
        let next = here.replace('%', "%25").replace('&', "%26").replace('+', "%2B").replace('#', "%23");
        return Redirect::to(&format!("/sign-in?next={next}")).into_response();
    }
    assets::file("phone.html", &headers)
}

/// Whoever may use the phone: in the demo, anybody may as an agent of any of its tenants.
fn user(front: &Front, caller: Option<Caller>) -> Result<Caller, Problem> {
    match (caller, &front.demo) {
        (Some(caller), _) => Ok(caller),
        (None, Some(_)) => Ok(Caller(Principal { tenant: None, role: Role::Agent, actor: "demo visitor".to_owned() })),
        (None, None) => {
            let detail = "sign in first: /sign-in?next=/phone";
            Err(Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail))
        }
    }
}

fn enter(front: &Front, caller: &Caller, name: &str) -> Result<TenantName, Problem> {
    match &front.demo {
        Some(demo) if caller.0.tenant.is_none() && demo.has(name) => {
            TenantName::parse(name).map_err(|error| AppError::from(error).into())
        }
        _ => caller.enter(name),
    }
}

#[derive(Debug, Serialize)]
struct Setup {
    demo: bool,
    tenants: Vec<TenantSetup>,
    channels: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct TenantSetup {
    name: String,
    title: String,
    currency: String,
    default_channel: String,
    rules: Option<Version>,
    conversations: Vec<ConversationSetup>,
    contacts: Vec<DemoContact>,
}

#[derive(Debug, Serialize)]
struct ConversationSetup {
    code: String,
    description: String,
}

async fn setup(State(front): FrontState, caller: Option<Caller>) -> Result<Answer<Setup>, Problem> {
    let caller = user(&front, caller)?;
    let setup = blocking(move || -> Result<Setup, AppError> {
        let all = front.app.tenants()?;
        let visible = all.into_iter().filter(|name| enter(&front, &caller, name.as_str()).is_ok());
        let tenants = visible.map(|name| tenant_setup(&front, &name)).collect::<Result<_, _>>()?;
        Ok(Setup { demo: front.demo.is_some(), tenants, channels: Channel::ALL.map(Channel::name).to_vec() })
    })
    .await?;
    Ok(Answer(setup))
}

fn tenant_setup(front: &Front, name: &TenantName) -> Result<TenantSetup, AppError> {
    let current = front.app.current(name)?;
    let manifest = &current.bundle.manifest;
    let conversations = current.bundle.conversations.values().map(|entry| ConversationSetup {
        code: entry.conversation.code.as_str().to_owned(),
        description: entry.conversation.description.clone(),
    });
    Ok(TenantSetup {
        name: name.to_string(),
        title: if manifest.name.is_empty() { name.to_string() } else { manifest.name.clone() },
        currency: manifest.currency.clone(),
        default_channel: manifest.default_channel.clone(),
        rules: front.app.rules(name)?.into_iter().find(|version| version.active),
        conversations: conversations.collect(),
        contacts: front.demo.as_ref().map(|demo| demo.contacts(name.as_str())).unwrap_or_default(),
    })
}

#[derive(Debug, Deserialize)]
struct PhoneTurn {
    tenant: String,
    conversation: String,
    #[serde(flatten)]
    message: PhoneMessage,
}

#[derive(Debug, Deserialize)]
struct PhoneMessage {
    sender_id: String,
    #[serde(default)]
    text: String,
    account_id: Option<String>,
    channel: Option<String>,
    message_id: Option<String>,
    #[serde(default)]
    context: serde_json::Map<String, serde_json::Value>,
}

async fn turn(
    State(front): FrontState,
    caller: Option<Caller>,
    Json(asked): Json<PhoneTurn>,
) -> Result<Answer<Said>, Problem> {
    let caller = user(&front, caller)?;
    let tenant = enter(&front, &caller, &asked.tenant)?;
    let PhoneMessage { sender_id, text, account_id, channel, message_id, context } = asked.message;
    let message = Message { sender_id, text, account_id, channel, message_id, context };
    let result = front.app.turn(&tenant, request(asked.conversation, message)?).await?;
    Ok(Answer(said(result)?))
}

#[derive(Debug, Deserialize)]
struct Whose {
    tenant: String,
    conversation: String,
    sender_id: String,
}

async fn contact(
    State(front): FrontState,
    caller: Option<Caller>,
    Query(whose): Query<Whose>,
) -> Result<Answer<ContactView>, Problem> {
    let caller = user(&front, caller)?;
    let tenant = enter(&front, &caller, &whose.tenant)?;
    Ok(Answer(blocking(move || front.app.contact(&tenant, &whose.conversation, &whose.sender_id)).await?))
}

/// Begins anew, opt-out included: whoever tries a conversation wants to see it from its start.
async fn reset(
    State(front): FrontState,
    caller: Option<Caller>,
    Json(whose): Json<Whose>,
) -> Result<StatusCode, Problem> {
    let caller = user(&front, caller)?;
    let tenant = enter(&front, &caller, &whose.tenant)?;
    let actor = caller.0.actor;
    let lift = front.demo.is_some();
    let done = blocking(move || -> Result<(), AppError> {
        if lift {
            front.app.lift_opt_out(&tenant, &whose.sender_id, &actor)?;
        }
        match front.app.reset_contact(&tenant, &whose.conversation, &whose.sender_id, &actor) {
            Err(AppError::NotFound(_)) => Ok(()),
            other => other,
        }
    });
    done.await?;
    Ok(StatusCode::NO_CONTENT)
}
