// SPDX-License-Identifier: Apache-2.0
#include <engine/target.h>

#include <gtest/gtest.h>

TEST(Target, ASipsUriBecomesTheSipUriOfTheSameHop)
{
    const std::pair<const char *, const char *> kCases[] = {
        {"sips:edge.test", "sip:edge.test;transport=tls"},
        {"SIPS:edge.test:5071;lr", "sip:edge.test:5071;lr;transport=tls"},
        {"sips:token@[2001:db8::1]:5061;Transport=tcp;lr;ob",
         "sip:token@[2001:db8::1]:5061;lr;ob;transport=tls"},
        {"sips:edge.test;lr;transport=tls", "sip:edge.test;lr;transport=tls"},
        {"sips:edge.test;lr?x=;transport=udp", "sip:edge.test;lr;transport=tls?x=;transport=udp"},
        {"sip:edge.test;transport=tcp", "sip:edge.test;transport=tcp"},
        {"sip:sips@edge.test", "sip:sips@edge.test"},
    };
    for (const auto &[uri, expected] : kCases)
        EXPECT_EQ(engine::sipOverTls(uri), expected);
}

TEST(Target, AContactOverTlsIsSipsWhereTheRequestOrItsFirstRouteIs)
{
    const auto contact = [](const char *requestUri, const char *routes, const char *own) {
        engine::Plan plan;
        plan.requestUri = requestUri;
        plan.routeLine = routes;
        return engine::contactFor(plan, own);
    };
    const std::string flow = "<sip:bob@192.0.2.1:5061;transport=tls;ob>";
    EXPECT_EQ(contact("sip:a@x.test", "", flow.c_str()), flow);
    EXPECT_EQ(contact("sips:a@x.test", "", flow.c_str()), "<sips:bob@192.0.2.1:5061;ob>");
    EXPECT_EQ(contact("sip:a@x.test", "Route: <sips:edge.test;lr>\r\n", flow.c_str()),
              "<sips:bob@192.0.2.1:5061;ob>");
    EXPECT_EQ(contact("sip:a@x.test",
                      "Route: <sip:edge.test;transport=tls;lr>\r\nRoute: <sips:home.test;lr>\r\n",
                      flow.c_str()),
              flow)
        << "the first Route alone decides";
    EXPECT_EQ(contact("sips:a@x.test", "", "<sip:bob@example.test;gr=urn:x>"),
              "<sips:bob@example.test;gr=urn:x>");
    EXPECT_EQ(contact("sips:a@x.test", "", "<sips:bob@192.0.2.1:5061>"),
              "<sips:bob@192.0.2.1:5061>");
}
