// SPDX-License-Identifier: Apache-2.0
#include <calls/call.h>

namespace calls {

std::string_view stateText(State state)
{
    switch (state) {
    case State::Calling:
        return "calling";
    case State::Proceeding:
        return "proceeding";
    case State::Early:
        return "early";
    case State::Answered:
        return "answered";
    case State::Ended:
        return "ended";
    case State::Failed:
        return "failed";
    case State::Cancelled:
        return "cancelled";
    case State::Unknown:
        break;
    }
    return "unknown";
}

const EarlyDialog *Call::dialog(std::string_view toTag) const
{
    for (const EarlyDialog &dialog : earlyDialogs) {
        if (dialog.toTag == toTag)
            return &dialog;
    }
    return nullptr;
}

} // namespace calls
