// SPDX-License-Identifier: Apache-2.0
#include <flows/registration_book.h>

#include <algorithm>
#include <base/text.h>
#include <flows/registration.h>
#include <fmt/format.h>

namespace flows {

namespace {

constexpr std::size_t kMostContacts = 256, kMostEvents = 64, kMostCallIds = 64, kMostRoutes = 32;
constexpr std::size_t kLongest = 2048; // octets of one text that is kept
constexpr std::size_t kMostAsked = 1U << 18U;

std::string kept(std::string_view text)
{
    return std::string(text.substr(0, kLongest));
}

void note(Registration &to, base::Instant time, trace::RowId row, int status, std::string text)
{
    if (to.events.size() >= kMostEvents)
        to.events.erase(to.events.begin());
    to.events.push_back({time, row, status, std::move(text)});
}

std::vector<std::string> routes(const sip::Message &message, sip::HeaderId id)
{
    std::vector<std::string> out;
    for (const std::string_view value : message.values(id)) {
        if (out.size() < kMostRoutes)
            out.push_back(kept(value));
    }
    return out;
}

bool takesAway(const sip::Message &request)
{
    if (removesAll(request))
        return true;
    bool any = false;
    for (const std::string_view value : request.values(sip::HeaderId::Contact)) {
        const Contact contact = readContact(value);
        const auto expires =
            contact.expires ? contact.expires : request.number(sip::HeaderId::Expires);
        if (expires.value_or(1) != 0)
            return false;
        any = true;
    }
    return any;
}

std::size_t hashed(std::string_view branch)
{
    return std::hash<std::string_view>()(branch);
}

std::string lasts(std::size_t contacts, std::optional<std::uint32_t> expires)
{
    std::string out = fmt::format("{} binding{}", contacts, contacts == 1 ? "" : "s");
    if (expires)
        out += fmt::format(", for {} s", *expires);
    return out;
}

} // namespace

std::string_view registrationStateText(RegistrationState state)
{
    switch (state) {
    case RegistrationState::Pending:
        return "pending";
    case RegistrationState::Challenged:
        return "challenged";
    case RegistrationState::Registered:
        return "registered";
    case RegistrationState::Removed:
        return "removed";
    case RegistrationState::Unbound:
        return "unbound";
    case RegistrationState::Expired:
        return "expired";
    case RegistrationState::Failed:
        break;
    }
    return "failed";
}

RegistrationState Registration::stateAt(base::Instant now) const
{
    const bool valid = std::any_of(contacts.begin(), contacts.end(), [&](const BoundContact &c) {
        return !c.until.known() || c.until > now;
    });
    if (valid) // whatever came of a later attempt, the registrar still holds it
        return RegistrationState::Registered;
    if (status == 0)
        return RegistrationState::Pending;
    if (status == 401 || status == 407)
        return RegistrationState::Challenged;
    if (!contacts.empty())
        return RegistrationState::Expired;
    if (status >= 300)
        return RegistrationState::Failed;
    return removing ? RegistrationState::Removed : RegistrationState::Unbound;
}

Registration *RegistrationBook::ensure(const std::string &aor)
{
    if (const auto known = m_places.find(aor); known != m_places.end())
        return &m_list[known->second];
    if (m_list.size() >= m_capacity) {
        ++m_leftOut;
        return nullptr;
    }
    m_places.emplace(aor, m_list.size());
    m_list.emplace_back();
    m_list.back().aor = aor;
    return &m_list.back();
}

void RegistrationBook::add(trace::RowId row, const sip::Message &message)
{
    const trace::Row &filed = m_trace.row(row);
    if (filed.method != sip::Method::Register || !filed.call.valid())
        return;
    if (m_asked.size() >= kMostAsked && !m_asked.contains(filed.call.value)) {
        ++m_leftOut;
        return;
    }
    if (message.isRequest())
        request(row, message);
    else if (message.status >= 200)
        response(row, message);
}

void RegistrationBook::request(trace::RowId row, const sip::Message &message)
{
    const trace::Row &filed = m_trace.row(row);
    Registration *to = ensure(kept(readAor(message)));
    if (to == nullptr)
        return;
    const auto place = static_cast<std::size_t>(to - m_list.data());
    if (const auto branch = message.branch(); !branch.empty() && m_branches.size() < kMostAsked)
        m_branches.insert(hashed(branch));
    const auto [at, fresh] = m_asked.try_emplace(filed.call.value);
    Asked &asked = at->second;
    const std::size_t vias = message.values(sip::HeaderId::Via).size();
    to->last = std::max(to->last, filed.time);
    to->registrar = m_trace.destination(row); // later hops come later
    if (!fresh && asked.cseq == filed.cseq && asked.place == place)
        return; // sent again, or the next hop of the same request
    if (fresh && to->callIds.size() < kMostCallIds)
        to->callIds.push_back(kept(m_trace.callId(filed.call)));
    asked = {place,
             filed.cseq,
             vias,
             false,
             0,
             message.find(sip::HeaderId::Contact) == nullptr,
             takesAway(message)};
    if (!to->first.known())
        to->first = filed.time;
    ++to->requests;
    to->userAgent = m_trace.source(row);
    to->transport = filed.transport;
    to->userAgentName = kept(message.value(sip::HeaderId::UserAgent));
    if (asked.query) { // RFC 3261 section 10.2.3: asks, and changes nothing
        note(*to, filed.time, row, 0, "asks for the bindings");
        return;
    }
    const auto binding = readBinding(message);
    const Contact contact = readContact(message.values(sip::HeaderId::Contact).front());
    to->outboundAsked = binding.has_value();
    to->asked = contact.expires ? contact.expires : message.number(sip::HeaderId::Expires);
    to->removing = asked.removes;
    note(*to, filed.time, row, 0,
         removesAll(message) ? "removes every binding"
         : to->removing      ? "removes its binding"
         : to->asked         ? fmt::format("asks for {} s", *to->asked)
                             : "asks for a binding");
}

void RegistrationBook::response(trace::RowId row, const sip::Message &message)
{
    const trace::Row &filed = m_trace.row(row);
    auto at = m_asked.find(filed.call.value);
    if (at == m_asked.end() && m_branches.contains(hashed(message.branch())))
        return; // the answer to a REGISTER of another Call-ID: nobody takes it (RFC 3261 17.1.3)
    if (at == m_asked.end()) { // its request was not captured
        Registration *to = ensure(kept(readAor(message)));
        if (to == nullptr)
            return;
        at = m_asked.try_emplace(filed.call.value).first;
        at->second.place = static_cast<std::size_t>(to - m_list.data());
        at->second.cseq = filed.cseq;
        to->callIds.push_back(kept(m_trace.callId(filed.call)));
        to->first = filed.time;
        to->userAgent = m_trace.destination(row);
        to->registrar = m_trace.source(row);
        to->transport = filed.transport;
    }
    Asked &asked = at->second;
    Registration &to = m_list[asked.place];
    if (filed.cseq != asked.cseq)
        return; // late, and about an older request
    to.last = std::max(to.last, filed.time);
    to.status = message.status;
    if (const auto server = message.value(sip::HeaderId::Server); !server.empty())
        to.registrarName = kept(server);
    if (message.status == 423)
        to.leastExpires = message.number(sip::HeaderId::MinExpires);
    if (message.status < 300)
        bound(to, asked, row, message);
    else if (!asked.told || asked.status != message.status)
        note(to, filed.time, row, message.status,
             fmt::format("{} {}", message.status, base::printable(message.reason, false, 128)));
    asked.told = true;
    asked.status = message.status;
}

/// A 2xx lists every binding the registrar has now, whoever made it.
void RegistrationBook::bound(Registration &to, const Asked &asked, trace::RowId row,
                             const sip::Message &message)
{
    const base::Instant time = m_trace.row(row).time;
    const auto common = message.number(sip::HeaderId::Expires);
    to.contacts.clear();
    std::optional<std::uint32_t> longest;
    for (const std::string_view value : message.values(sip::HeaderId::Contact)) {
        if (to.contacts.size() >= kMostContacts)
            break;
        const Contact contact = readContact(value);
        const auto expires = contact.expires ? contact.expires : common;
        if (contact.uri.empty() || expires == 0U)
            continue; // some registrars list what they have just removed
        BoundContact out{kept(contact.uri),
                         kept(contact.instance),
                         kept(contact.q),
                         kept(contact.publicGruu),
                         kept(contact.temporaryGruu),
                         contact.regId,
                         expires,
                         expires ? time + std::chrono::seconds(*expires) : base::Instant{}};
        if (expires)
            longest = std::max(longest.value_or(0), *expires);
        to.contacts.push_back(std::move(out));
    }
    to.path = routes(message, sip::HeaderId::Path);
    to.serviceRoute = routes(message, sip::HeaderId::ServiceRoute);
    if (!asked.query && !asked.removes) { // else it says nothing of a flow, and takes none back
        to.flowTimer = message.number(sip::HeaderId::FlowTimer);
        to.outboundGranted = message.lists(sip::HeaderId::Require, "outbound");
    }
    if (asked.told && asked.status == message.status)
        return; // the same response at the next hop
    if (!to.contacts.empty()) {
        to.refreshes += to.registered.known() && !asked.query ? 1 : 0;
        to.registered = time;
    }
    note(to, time, row, message.status,
         to.contacts.empty() ? "no binding is left" : lasts(to.contacts.size(), longest));
}

} // namespace flows
