// SPDX-License-Identifier: Apache-2.0
// A table of flows fed by hand, for the tests of what it learns.
#pragma once

#include <flows/flow_table.h>
#include <gtest/gtest.h>
#include <support/wire.h>

namespace flows_test {

using flows::Happening;
using support::Fields;
using trace::RowKind;

inline constexpr const char *kAgent = "203.0.113.7:34567";
inline constexpr const char *kEdge = "192.0.2.5:5060";
inline constexpr const char *kHome = "192.0.2.6:5060";

class FlowTable : public ::testing::Test
{
protected:
    FlowTable() { wire.transport = base::Transport::Tcp; }

    static Fields registering(int regId, int cseq = 1, std::string more = {})
    {
        Fields fields;
        fields.callId = "reg-" + std::to_string(regId);
        fields.branch = "r" + std::to_string(cseq);
        fields.cseq = cseq;
        fields.extra = contact(regId) + "\r\n" + more;
        return fields;
    }
    static std::string contact(int regId)
    {
        return "Contact: <sip:bob@203.0.113.7:34567;transport=tcp>;reg-id=" +
               std::to_string(regId) +
               ";+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\"";
    }
    static Fields granted(int regId, int cseq = 1)
    {
        Fields fields = registering(regId, cseq, "Require: outbound\r\nFlow-Timer: 120\r\n");
        fields.extra.insert(fields.extra.find("\r\n"), ";expires=3600");
        fields.toTag = "registrar";
        return fields;
    }
    void registerOver(const char *agent, int regId, int cseq = 1)
    {
        wire.send(agent, kEdge, support::request("REGISTER", registering(regId, cseq)));
        wire.send(kEdge, agent, support::response(200, "REGISTER", granted(regId, cseq)));
    }
    base::FlowReport report(base::FlowState state, std::string_view agent)
    {
        base::FlowReport out;
        out.aor = "sip:bob@example.test";
        out.regId = 1;
        out.transport = "TCP";
        out.state = state;
        out.reason = "told by a test";
        if (!agent.empty()) {
            out.local = support::Wire::at(agent);
            out.remote = support::Wire::at(kEdge);
        }
        return out;
    }
    void tell(const base::FlowReport &report)
    {
        base::LocalEvent event;
        event.kind = base::LocalKind::FlowChanged;
        event.flow = std::make_shared<const base::FlowReport>(report);
        wire.local(std::move(event));
    }
    std::vector<Happening> happenings(const flows::Flow &flow) const
    {
        std::vector<Happening> out;
        for (const auto &event : flow.events)
            out.push_back(event.what);
        return out;
    }
    std::shared_ptr<const flows::Flow> flow() const { return table.snapshot(last); }

    flows::FlowId last;
    support::Wire wire{
        [this](trace::RowId row, const sip::Message *message) { last = table.add(row, message); }};
    flows::FlowTable table{wire.trace};
};

} // namespace flows_test
