// SPDX-License-Identifier: Apache-2.0
#include <session/unfinished.h>

#include <base/counted.h>
#include <fmt/format.h>
#include <string_view>
#include <utility>

namespace session {
namespace {

std::string_view beginning(Unfinished::Why why)
{
    switch (why) {
    case Unfinished::Why::CaptureEnds:
        return "The capture ends within a message";
    case Unfinished::Why::ConnectionEnds:
        return "The connection ends within a message";
    case Unfinished::Why::TooLarge:
        break;
    }
    return "Too large to be read as a whole is a message";
}

} // namespace

void Unfinished::add(const base::Packet &packet, std::size_t bytes, Why why, bool filed)
{
    if (m_told.size() >= kMostTold) {
        ++m_further;
        return;
    }
    m_told.push_back(fmt::format(
        "{} from {} to {} ({}): {} of it {} there{}.", beginning(why), packet.source.text(),
        packet.destination.text(), base::transportText(packet.transport),
        base::counted(bytes, "byte"), bytes == 1 ? "is" : "are",
        filed ? ", shown as cut" : ", and no Call-ID that tells whose call it is"));
}

std::vector<std::string> Unfinished::take()
{
    if (m_further != 0)
        m_told.push_back(base::counted(m_further, "further message is", "further messages are") +
                         " there in part only.");
    m_further = 0;
    return std::exchange(m_told, {});
}

} // namespace session
