// SPDX-License-Identifier: Apache-2.0
// A lab with registrar and edges, and a caller; the tests bring the registered phones.
#pragma once

#include <lab/lab.h>

#include "phone.h"

namespace test {

constexpr auto kInstance = "<urn:uuid:00000000-0000-1000-8000-000A95A0E128>";

class Flow : public ::testing::Test
{
protected:
    void start(int edges, const std::string &more = {})
    {
        const auto toml = fmt::format("title=\"t\"\nsummary=\"s\"\nt1_ms=30\n[[step]]\ndo="
                                      "\"call\"\ncaption=\"c\"\n[account]\nedges={}\n{}",
                                      edges, more);
        auto scenario = lab::parseScenario("test", toml);
        ASSERT_TRUE(scenario) << scenario.error().sentence;
        auto started = lab::Lab::start(*scenario, m_sink);
        ASSERT_TRUE(started);
        m_lab = std::move(*started);
        m_aor = m_lab->aor();
        m_registrar = test::endpointOf(m_aor);
        for (const auto &proxy : m_lab->proxies())
            m_edges.push_back(test::endpointOf(proxy));
    }
    std::string registration(const Phone &phone, int edge, int regId, unsigned cseq,
                             int expires = 600)
    {
        auto writer = sip::Writer::request("REGISTER", "sip:" + m_registrar.text());
        writer.header("Via", phone.via(fmt::format("reg{}{}", regId, cseq)))
            .header("Max-Forwards", "70");
        if (edge > 0)
            writer.header("Route", fmt::format("<sip:{};transport=tcp;lr>",
                                               m_edges[static_cast<std::size_t>(edge - 1)].text()));
        writer.header("From", fmt::format("<{}>;tag=bob{}", m_aor, regId))
            .header("To", fmt::format("<{}>", m_aor));
        writer.header("Call-ID", fmt::format("reg-{}", regId))
            .header("CSeq", fmt::format("{} REGISTER", cseq));
        writer.header("Supported", "path, outbound").header("Expires", std::to_string(expires));
        writer.header("Contact",
                      fmt::format("<sip:bob@{};transport=tcp;ob>;+sip.instance=\"{}\";reg-id={}",
                                  phone.local().text(), kInstance, regId));
        return writer.text();
    }
    void bind(Phone &phone, int edge, int regId, unsigned cseq = 1)
    {
        phone.send(registration(phone, edge, regId, cseq));
        ASSERT_TRUE(phone.awaitStatus(200, "REGISTER"));
    }
    void invite(std::string_view callId = "call-1", std::string_view branch = "inv1")
    {
        m_alice.send(request(m_alice, "INVITE", m_aor, "", 1, callId, branch).text(), m_registrar);
    }
    std::string response(const sip::Message &invite, int status, const Phone &phone)
    {
        return sip::responseTo(invite, status, {}, "bobtag")
            .header("Contact", fmt::format("<sip:bob@{};transport=tcp;ob>", phone.local().text()))
            .text();
    }

    base::Inbox<base::Packet> m_sink{1000};
    std::unique_ptr<lab::Lab> m_lab;
    std::string m_aor;
    base::Endpoint m_registrar;
    std::vector<base::Endpoint> m_edges;
    Phone m_alice;
};

} // namespace test
