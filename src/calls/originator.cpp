// SPDX-License-Identifier: Apache-2.0
// Who began the call, and what their first request says of it.
#include <calls/fold.h>

#include <sip/beginning.h>
#include <sip/uri.h>

namespace calls {

namespace {

std::string addressOf(std::string_view header)
{
    const sip::NameAddress address = sip::parseNameAddress(header);
    return address.ok ? address.uri.address() : std::string(header.substr(0, 256));
}

} // namespace

/// The first initial request is the originator's, unless one that led to it was stamped later (two
/// capture points).
void Fold::chooseReference(const std::vector<Fact> &facts, const std::vector<std::uint32_t> &order)
{
    for (const std::uint32_t index : order) {
        const Fact &fact = facts[index];
        const trace::Row &row = m_trace.row(fact.row);
        if (row.kind == trace::RowKind::Local || row.status != 0 || row.method != m_main ||
            row.toTag != 0)
            continue;
        const base::Endpoint sender =
            m_reference != nullptr ? m_trace.source(m_reference->row) : base::Endpoint{};
        const bool nearer = sender.known() && fact.viaCount < m_reference->viaCount &&
                            row.cseq == m_trace.row(m_reference->row).cseq &&
                            m_trace.destination(fact.row) == sender;
        if (m_reference == nullptr || nearer)
            m_reference = &fact;
    }
}

/// A response of the reference that was stamped before it.
bool Fold::answersReference(const Fact &fact) const
{
    return branchOf(m_trace, fact) == branchOf(m_trace, *m_reference) &&
           sentByOf(m_trace, fact) == sentByOf(m_trace, *m_reference) &&
           m_trace.row(fact.row).cseq == m_trace.row(m_reference->row).cseq;
}

bool Fold::fromOriginator(const Sighting &seen) const
{
    const RowId first = m_reference->row;
    const base::Endpoint origin = m_trace.source(first);
    if (origin.known() && m_trace.source(seen.fact.row) == origin)
        return true;
    // Another connection, or a text trace without addresses: the originator's own Via tells, and
    // that nobody came before.
    return seen.fact.viaCount == m_reference->viaCount &&
           sentByOf(m_trace, seen.fact) == sentByOf(m_trace, *m_reference);
}

void Fold::describe(const Call *previous)
{
    if (previous != nullptr && m_call.invite.valid() && previous->invite == m_call.invite) {
        m_call.from = previous->from;
        m_call.to = previous->to;
        m_call.fromTag = previous->fromTag;
        m_call.requestUri = previous->requestUri;
        return;
    }
    const RowId row = m_reference != nullptr ? m_reference->row : m_firstMessage;
    if (!row.valid())
        return describeUnsent();
    const auto message =
        sip::readBeginning(m_trace.text(row), {sip::HeaderId::From, sip::HeaderId::To});
    if (!message)
        return;
    m_call.from = addressOf(message->value(sip::HeaderId::From));
    m_call.to = addressOf(message->value(sip::HeaderId::To));
    m_call.fromTag = message->fromTag();
    m_call.requestUri = message->requestUri;
}

/// A call or a flow of ours of which no request ever left: whose it is was told with its events.
void Fold::describeUnsent()
{
    for (const CallRow &row : m_call.rows) {
        const base::LocalEvent *event = m_trace.local(row.row);
        if (event != nullptr && !event->to.empty()) {
            m_call.from = addressOf(event->from);
            m_call.to = addressOf(event->to);
            m_call.requestUri = event->to;
            return;
        }
        if (event != nullptr && event->flow) {
            m_call.from = m_call.to = addressOf(event->flow->aor);
            return;
        }
    }
}

} // namespace calls
