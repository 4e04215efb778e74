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

TEST(Target, WhatIsTypedAsFromIsWrittenAsRfc3261HasIt)
{
    const std::pair<const char *, const char *> kCases[] = {
        {"sip:alice@a.test", "<sip:alice@a.test>"},
        {"sip:j\xC3\xBCrgen@a.test", "<sip:j%C3%BCrgen@a.test>"},
        {"J\xC3\xBCrgen M. <sip:j\xC3\xBCrgen@a.test>",
         "\"J\xC3\xBCrgen M.\" <sip:j%C3%BCrgen@a.test>"},
        {"\"Ann, \\\"the\\\" <b>\" <sip:ann@a.test>", "\"Ann, \\\"the\\\" <b>\" <sip:ann@a.test>"},
        {"Ann, \"the\" <b> <sip:ann@a.test>", "\"Ann, \\\"the\\\" <b>\" <sip:ann@a.test>"},
        {"a \\ b <sip:ann@a.test>", "\"a \\\\ b\" <sip:ann@a.test>"},
        {"sip:a,b@a.test", "<sip:a,b@a.test>"},
        {"sip:a\"b@a.test", "<sip:a%22b@a.test>"},
        {"sip:a<b>c@a.test", "<sip:a%3Cb%3Ec@a.test>"},
        {"<sip:a b@a.test>", "<sip:a%20b@a.test>"},
        {"sip:100%@a.test", "<sip:100%25@a.test>"},
        {"sip:a%20b@a.test", "<sip:a%20b@a.test>"},
        {"bob@a.test", "<sip:bob@a.test>"},
    };
    for (const auto &[typed, written] : kCases) {
        engine::CallRequest request;
        request.target = "sip:bob@127.0.0.1";
        request.from = typed;
        const auto plan = engine::planCall(request);
        ASSERT_TRUE(plan.has_value()) << typed << ": " << plan.error().sentence;
        EXPECT_EQ(plan->from, written) << typed;
    }
    for (const char *typed : {"sip:a\r\nX: y@a.test", "Bob <sip:bob@a.test",
                              "\"Bob\" sip:bob@a.test", "sip:a@b@a.test"}) {
        engine::CallRequest request;
        request.target = "sip:bob@127.0.0.1";
        request.from = typed;
        EXPECT_FALSE(engine::planCall(request).has_value()) << typed;
    }
}
