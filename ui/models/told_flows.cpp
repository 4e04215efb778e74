// SPDX-License-Identifier: Apache-2.0
#include <ui/models/told_flows.h>

#include <algorithm>
#include <diagnosis/flow_facts.h>

namespace ui {
namespace {

constexpr std::size_t kMost = 256;

/// Only calls that a rule of flows speaks of are looked into: their messages are parsed for it.
bool speaksOfFlows(const session::CallView &view)
{
    return std::any_of(view.findings.begin(), view.findings.end(),
                       [](const auto &finding) { return finding.rule.starts_with("flow-"); });
}

void note(flows::Flow &flow, const trace::Trace &trace, const calls::Transaction &transaction)
{
    const trace::Row &request = trace.row(transaction.request);
    flows::FlowEvent used;
    used.time = request.time;
    used.row = transaction.request;
    used.text = std::string(sip::methodText(request.method)) + " that was to go over it";
    flow.events.push_back(used);
    for (const trace::RowId row : transaction.responses) {
        const trace::Row &response = trace.row(row);
        if (response.status != 430)
            continue;
        flows::FlowEvent disowned;
        disowned.time = response.time;
        disowned.row = row;
        disowned.status = response.status;
        disowned.what = flows::Happening::Disowned;
        disowned.text = "its edge has this flow no more";
        flow.events.push_back(disowned);
        flow.lastResponse = row;
    }
    flow.lastRegister = transaction.request; // what there is to explain, without a response
}

} // namespace

ToldFlows::ToldFlows(Store &store, QObject *parent) : QObject(parent), m_store(store)
{
    connect(&store, &Store::callsTouched, this, &ToldFlows::read);
    connect(&store, &Store::callsReplaced, this, [this] {
        m_byToken.clear();
        read(m_store.calls());
    });
    read(store.calls());
}

std::vector<FlowPtr> ToldFlows::list() const
{
    std::vector<FlowPtr> out;
    for (const auto &[token, flow] : m_byToken) {
        const bool known =
            std::any_of(m_store.flows().begin(), m_store.flows().end(), [&](const FlowPtr &each) {
                return each && (each->token == token || (each->userAgent == flow->userAgent &&
                                                         each->transport == flow->transport));
            });
        if (!known) // its REGISTER may have been read since
            out.push_back(flow);
    }
    return out;
}

void ToldFlows::read(const std::vector<CallPtr> &calls)
{
    bool more = false;
    for (const CallPtr &view : calls)
        if (m_byToken.size() < kMost && speaksOfFlows(*view) && readCall(*view))
            more = true;
    if (more)
        Q_EMIT changed();
}

bool ToldFlows::readCall(const session::CallView &view)
{
    const diagnosis::Evidence evidence = m_store.evidence(view);
    std::map<std::string, std::shared_ptr<flows::Flow>> fresh;
    for (const calls::Transaction &transaction : view.call->transactions) {
        if (!transaction.request.valid())
            continue;
        const auto way = diagnosis::routed(evidence, transaction);
        if (!way || !way->token.readable || !way->token.readable->userAgent.known() ||
            diagnosis::routedFlow(evidence, transaction) != nullptr)
            continue;
        const std::string token(way->token.user);
        auto &flow = fresh[token];
        if (!flow) {
            const auto known = m_byToken.find(token);
            flow = std::make_shared<flows::Flow>();
            flow->id = known == m_byToken.end() ? flows::FlowId{m_next++} : known->second->id;
            flow->token = token;
            flow->userAgent = way->token.readable->userAgent;
            flow->edge = way->token.readable->edge.known()
                             ? way->token.readable->edge
                             : m_store.trace().destination(transaction.request);
            flow->transport = way->token.readable->transport;
        }
        note(*flow, m_store.trace(), transaction);
    }
    for (auto &[token, flow] : fresh) {
        if (m_byToken.size() < kMost || m_byToken.contains(token))
            m_byToken[token] = std::move(flow);
    }
    return !fresh.empty();
}

} // namespace ui
