// SPDX-License-Identifier: Apache-2.0
// Questions to the DNS where there is no way to a server: the stack would ask for ever.
#include "script.h"

#include <gmock/gmock.h>

namespace {

using ear::Ear;
using engine::CallStep;

TEST(Dns, WithoutAWayToAServerTheCallFailsAtOnce)
{
    auto options = ear::quick();
    options.dnsServer = "255.255.255.255"; // connecting to it is refused, like ENETUNREACH
    Ear ear(options);
    engine::CallRequest request;
    request.target = "sip:bob@nosuch.invalid";
    request.description = ear::kOffer;
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    EXPECT_THAT(ear.first(CallStep::Failed).sentence, testing::HasSubstr("DNS"));
}

} // namespace
