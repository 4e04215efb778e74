// SPDX-License-Identifier: Apache-2.0
#include "flow_stage.h"

using test::Flow;
using test::Phone;
using test::request;

TEST_F(Flow, ACancelledPhoneThatSaysNoMoreIsGivenUp)
{
    start(1);
    Phone bob(m_edges[0]);
    bind(bob, 1, 1);
    invite();
    const auto incoming = bob.awaitRequest("INVITE");
    ASSERT_TRUE(incoming);
    bob.send(response(*incoming, 180, bob));
    ASSERT_TRUE(m_alice.awaitStatus(180));
    m_alice.send(request(m_alice, "CANCEL", m_aor, "", 1, "call-1", "inv1").text(), m_registrar);
    ASSERT_TRUE(m_alice.awaitStatus(200, "CANCEL"));
    ASSERT_TRUE(bob.awaitRequest("CANCEL"));
    EXPECT_TRUE(m_alice.awaitStatus(487)) << "after 64*T1";
}
