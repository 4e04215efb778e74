// SPDX-License-Identifier: Apache-2.0
#include <engine/switchboard.h>

#include <algorithm>
#include <engine/in_dialog.h>
#include <engine/incoming_call.h>
#include <fmt/format.h>

namespace engine {

namespace {

constexpr std::size_t kMostIncoming = 16; // ringing or talking at once; the next one hears 486
// With those that are over and only wait for what their callers may repeat.
constexpr std::size_t kMostKept = kMostIncoming + 256;
constexpr auto kLastWords = std::chrono::milliseconds(1500);    // of the calls of an account
constexpr auto kFlowsFarewell = std::chrono::milliseconds(700); // of the time to shut down in

} // namespace

Switchboard::Switchboard(SuLoop &loop, const Options &options, Agent &agent, Listener &listener,
                         std::function<CallHandle()> newHandle)
    : m_locator(loop, agent.resolverFile(), options.dnsServer.empty()), m_env{loop, options, agent,
                                                                              listener, m_locator},
      m_newHandle(std::move(newHandle)), m_registrations(m_env), m_probes(m_env), m_sweep(loop),
      m_end(loop), m_leave(loop), m_part(loop)
{
    agent.serve(this, [this](msg_t *message, const sip_t &sip) { stray(message, sip); });
    agent.onTls([this](const TlsReport &report) {
        m_env.listener.onTls(report); // before what becomes of the calls
        for (auto &[handle, call] : m_calls)
            call->secured(report);
        m_registrations.secured(report);
    });
    agent.knowCalls([this](std::string_view callId) {
        const std::string text(callId);
        return m_byCallId.count(text) > 0 || m_cameIn.count(text) > 0;
    });
    sweep();
}

Switchboard::~Switchboard()
{
    m_env.agent.knowCalls({});
    m_env.agent.onTls({});
}

void Switchboard::locate(const CallRequest &request, Locator::Done done)
{
    const auto plan = planCall(request);
    if (!plan)
        return done(tl::unexpected(plan.error()));
    m_locator.find(
        plan->wanted,
        [this, callId = request.callId](const std::string &sentence) {
            m_env.agent.tell({base::LocalKind::Note, 0, callId, {}, sentence, {}});
        },
        std::move(done));
}

void Switchboard::place(CallHandle handle, CallRequest request)
{
    std::optional<FlowChoice> flow;
    if (request.account.valid()) {
        auto choice = m_registrations.choose(request.account, {}, request.extras.flow);
        if (!choice) {
            CallEvent failed;
            failed.call = handle;
            failed.step = CallStep::Failed;
            failed.time = base::now();
            failed.local = true;
            failed.account = request.account;
            failed.sentence = choice.error().sentence;
            m_env.agent.tell({base::LocalKind::Note, 0, {}, {}, failed.sentence, {}});
            return m_env.listener.onCall(failed);
        }
        flow = choiceOf(request.account, *choice);
        request.from = choice->aor;
        flow->ownCredentials = request.credentials.user.empty();
        if (flow->ownCredentials)
            request.credentials = choice->credentials;
    }
    auto call = std::make_unique<TestCall>(m_env, handle, std::move(request), std::move(flow));
    auto *raw = call.get();
    m_calls[handle] = std::move(call);
    m_byCallId.emplace(raw->callId(), handle);
    raw->start();
}

FlowChoice Switchboard::choiceOf(AccountHandle account, const AccountRoute &route)
{
    FlowChoice out;
    out.pin = route.pin;
    out.stream = route.stream;
    out.contact = route.contact;
    out.local = route.local;
    out.hop = route.hop;
    out.edge = route.edge;
    out.routes = route.routes;
    out.regId = route.regId;
    out.asked = route.asked;
    out.doubt = [this, account, regId = route.regId] { m_registrations.ping(account, regId); };
    out.another = [this,
                   account](const std::vector<std::uint32_t> &tried) -> std::optional<FlowChoice> {
        const auto next = m_registrations.choose(account, tried);
        return next ? std::optional(choiceOf(account, *next)) : std::nullopt;
    };
    return out;
}

void Switchboard::transfer(CallHandle handle, const std::string &target, CallHandle with)
{
    Call *which = call(handle);
    if (which == nullptr)
        return;
    const Call *other = with.valid() ? call(with) : nullptr;
    // Whom the user called was looked at then; who answered chose the rest.
    which->transfer(other != nullptr ? other->replacing() : target, other != nullptr);
}

Call *Switchboard::call(CallHandle handle)
{
    const auto found = m_calls.find(handle);
    return found == m_calls.end() ? nullptr : found->second.get();
}

void Switchboard::sweep()
{
    std::erase_if(m_calls, [](const auto &each) { return each.second->over(); });
    for (auto *const each : {&m_byCallId, &m_cameIn})
        std::erase_if(*each, [this](const auto &one) { return call(one.second) == nullptr; });
    std::erase_if(m_incoming, [this](CallHandle each) { return call(each) == nullptr; });
    tellFlood();
    m_sweep.start(std::chrono::seconds(1), [this] { sweep(); });
}

int Switchboard::onRequest(nta_incoming_t *request, const sip_t &sip)
{
    const Received received(request);
    const auto &message = received.message;
    if (m_env.agent.unreadable(message)) {
        refuse(request, {400, {}});
        return 0;
    }
    const bool serves =
        message.method == sip::Method::Invite || message.method == sip::Method::Options;
    if (serves && message.toTag().empty()) {
        if (const auto why = unservable(message)) {
            refuse(request, *why);
            return 0;
        }
    }
    switch (message.method) {
    case sip::Method::Ack:
        nta_incoming_destroy(request);
        return 0;
    case sip::Method::Invite:
        return message.toTag().empty() ? incoming(request, sip, received) : 481;
    case sip::Method::Options:
        if (message.toTag().empty()) {
            answerInDialog(request, received, {{}, {}, m_registrations.contactFor(request), {}});
            return 0;
        }
        return 481;
    case sip::Method::Bye:
    case sip::Method::Cancel:
    case sip::Method::Prack:
    case sip::Method::Update:
    case sip::Method::Info:
    case sip::Method::Notify:
        return 481;
    case sip::Method::Subscribe:
        return 489;
    default:
        reply(request, message.method == sip::Method::Unknown ? 501 : 405,
              fmt::format("Allow: {}\r\n", kAllow));
        nta_incoming_destroy(request);
        return 0;
    }
}

int Switchboard::incoming(nta_incoming_t *request, const sip_t &sip, const Received &received)
{
    if (m_ending)
        return 480;
    if (busy()) {
        ++m_turnedAway;
        return 486;
    }
    const CallHandle handle = m_newHandle();
    auto call = std::make_unique<IncomingCall>(m_env, handle, request, sip, received,
                                               m_registrations.arrivedBy(request, received.from));
    auto *raw = call.get();
    m_calls[handle] = std::move(call);
    m_cameIn.emplace(raw->callId(), handle);
    remember(handle);
    raw->announce(received);
    return 0;
}

bool Switchboard::busy()
{
    std::erase_if(m_underWay, [this](CallHandle each) {
        const Call *known = call(each);
        return known == nullptr || known->quiet();
    });
    return m_underWay.size() >= kMostIncoming;
}

/// A flood of calls that end at once would fill the memory with those that linger.
void Switchboard::remember(CallHandle incoming)
{
    m_underWay.push_back(incoming);
    m_incoming.push_back(incoming);
    while (m_incoming.size() > kMostKept) {
        const CallHandle oldest = m_incoming.front();
        m_incoming.pop_front();
        const Call *known = call(oldest);
        if (known != nullptr && !known->quiet()) { // at most kMostIncoming are
            m_incoming.push_back(oldest);
        } else if (known != nullptr) {
            auto [each, last] = m_cameIn.equal_range(known->callId());
            each = std::find_if(each, last, [&](const auto &one) { return one.second == oldest; });
            if (each != last)
                m_cameIn.erase(each);
            m_calls.erase(oldest);
            ++m_forgotten;
        }
    }
}

/// Once for what a second brought.
void Switchboard::tellFlood()
{
    const auto note = [this](std::string sentence) {
        m_env.agent.tell({base::LocalKind::Note, 0, {}, {}, std::move(sentence), {}});
    };
    if (const auto count = std::exchange(m_turnedAway, 0); count > 0)
        note(fmt::format("{} incoming calls were answered with 486, for {} were under way already.",
                         count, kMostIncoming));
    if (const auto count = std::exchange(m_forgotten, 0); count > 0)
        note(fmt::format("{} incoming calls that were over were forgotten early: {} came in within "
                         "half a minute, which looks like a flood.",
                         count, kMostKept));
}

void Switchboard::stray(msg_t *message, const sip_t &sip)
{
    const Received received(message);
    if (received.message.cseq().method == sip::Method::Register)
        return m_registrations.stray(received.message);
    Reply reply;
    reply.status = sip.sip_status->st_status;
    reply.phrase = sip.sip_status->st_phrase != nullptr ? sip.sip_status->st_phrase : "";
    reply.sip = &sip;
    reply.received = &received;
    const auto [first, last] = m_byCallId.equal_range(std::string(received.message.callId()));
    for (auto each = first; each != last; ++each)
        if (Call *known = call(each->second))
            return known->stray(reply);
}

bool Switchboard::quiet(AccountHandle account) const
{
    return std::all_of(m_calls.begin(), m_calls.end(), [account](const auto &each) {
        return (account.valid() && each.second->account() != account) || each.second->quiet();
    });
}

void Switchboard::removeAccount(AccountHandle account)
{
    for (auto &[handle, call] : m_calls)
        if (call->account() == account)
            call->shutDown();
    m_registrations.part(account);
    m_parting[account] = base::now() + kLastWords;
    part();
}

void Switchboard::part()
{
    std::erase_if(m_parting, [this](const auto &each) {
        const bool now = base::now() >= each.second || quiet(each.first);
        if (now)
            m_registrations.remove(each.first);
        return now;
    });
    if (!m_parting.empty())
        m_part.start(std::chrono::milliseconds(5), [this] { part(); });
}

void Switchboard::shutDown(base::Duration patience, std::function<void()> done)
{
    m_ending = true;
    m_done = std::move(done);
    m_part.stop();
    m_parting.clear();
    for (auto &[handle, call] : m_calls)
        call->shutDown();
    watchTheEnd(base::now() + patience);
}

/// The flows go when no call needs them, and early enough for the answers to their goodbyes.
void Switchboard::watchTheEnd(base::Instant latest)
{
    const bool silent = quiet();
    const auto left = latest - base::now();
    if (!m_registrations.empty() && (silent || left < kFlowsFarewell)) {
        m_registrations.shutDown();
        m_leave.start(left / 2, [this] { m_registrations.leave(); });
    }
    if ((silent && m_registrations.quiet()) || left <= base::Duration{0}) {
        const auto tell = std::move(m_done);
        return tell();
    }
    m_end.start(std::chrono::milliseconds(5), [this, latest] { watchTheEnd(latest); });
}

} // namespace engine
