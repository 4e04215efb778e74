// SPDX-License-Identifier: Apache-2.0
// Private to engine: a message as it came, in our own parser's view, taken out of a sofia message.
#pragma once

#include <base/endpoint.h>
#include <engine/sofia.h>
#include <sip/message.h>
#include <string>

namespace engine {

struct Received {
    explicit Received(msg_t *message); // borrowed; nullptr gives an empty one
    explicit Received(nta_incoming_t *request);
    Received(const Received &) = delete;
    Received &operator=(const Received &) = delete;

    std::string text;
    sip::Message message; // views `text`
    base::Endpoint from;
};

} // namespace engine
