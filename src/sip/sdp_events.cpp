// SPDX-License-Identifier: Apache-2.0
#include <sip/sdp_events.h>

#include <algorithm>
#include <base/text.h>

namespace sip {

void addEvents(std::vector<Codec> &codecs)
{
    int dynamic = 101; // what everybody uses for the first of them
    std::vector<Codec> added;
    const auto hasEvents = [](const std::vector<Codec> &list, std::uint32_t clock) {
        return std::any_of(list.begin(), list.end(), [clock](const Codec &each) {
            return base::equalsNoCase(each.encoding, "telephone-event") && each.clock == clock;
        });
    };
    for (const auto &codec : codecs) {
        if (hasEvents(codecs, codec.clock) || hasEvents(added, codec.clock))
            continue;
        while (std::any_of(codecs.begin(), codecs.end(),
                           [&](const Codec &each) { return each.payloadType == dynamic; }))
            ++dynamic;
        if (dynamic > 127)
            break;
        added.push_back({"telephone-event", dynamic++, codec.clock, 1, "0-16"});
    }
    codecs.insert(codecs.end(), added.begin(), added.end());
}

} // namespace sip
