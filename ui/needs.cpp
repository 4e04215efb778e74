// SPDX-License-Identifier: Apache-2.0
#include <ui/needs.h>

#include <QObject>
#include <ui/bridge/desk_bridge.h>
#include <ui/focus.h>
#include <ui/panels/bars.h>
#include <ui/panels/dial_bar.h>
#include <ui/replay.h>

namespace ui {
namespace {

bool isThere(Need need, const Parts &parts)
{
    const CallPtr call = parts.focus->call();
    const trace::RowId row = parts.focus->row();
    const Store &store = parts.bridge->store();
    const engine::CallHandle ours = parts.dial->liveCall();
    const auto own = store.ownCalls().find(ours.value);
    const desk::CallInfo *chosen = call ? store.ownCall(call->call->callId) : nullptr;
    switch (need) {
    case Need::Nothing:
        return true;
    case Need::Call:
        return call != nullptr;
    case Need::Row:
        return row.valid();
    case Need::Response:
        return row.valid() && store.trace().row(row).status != 0;
    case Need::Invite:
        return call && call->call->invite.valid();
    case Need::Legs:
        return call && !call->legs.empty();
    case Need::Findings:
        return call && !call->findings.empty();
    case Need::Certificate:
        return call && store.tlsOf(*call->call) != nullptr;
    case Need::Forks:
        return call && call->call->earlyDialogs.size() > 1;
    case Need::OwnCall:
        return ours.valid();
    case Need::Heard:
        return chosen != nullptr && !desk::isOver(*chosen);
    case Need::Sound:
        return (chosen != nullptr && !desk::isOver(*chosen)) || (call && hasSound(*call));
    case Need::Answered:
        return own != store.ownCalls().end() &&
               own->second.stage == desk::CallInfo::Stage::Answered;
    case Need::Ringing:
        return parts.incoming->ringing().valid();
    case Need::Notice:
        return !parts.notices->sentences().isEmpty();
    }
    return true;
}

} // namespace

QString lacking(Need need, const Parts &parts)
{
    if (isThere(need, parts))
        return {};
    switch (need) {
    case Need::Call:
        return QObject::tr("No call is chosen. Place one, or open a capture.");
    case Need::Row:
        return QObject::tr("No row of a ladder is chosen.");
    case Need::Response:
        return QObject::tr("Choose a response in the ladder first.");
    case Need::Invite:
        return QObject::tr("Choose a call whose INVITE was seen first; its settings then fill the "
                           "test-call bar.");
    case Need::Legs:
        return QObject::tr("No other leg of this call was found.");
    case Need::Findings:
        return QObject::tr("Nothing was found about this call.");
    case Need::Certificate:
        return QObject::tr("No certificate is known: the chosen call did not go over a TLS "
                           "connection of ours.");
    case Need::Forks:
        return QObject::tr("The chosen call has no second early dialog to listen to.");
    case Need::OwnCall:
        return QObject::tr("No call of yours is under way.");
    case Need::Heard:
        return QObject::tr("The chosen call is none of yours that is under way.");
    case Need::Sound:
        return QObject::tr("No sound of the chosen call was captured that could be played.");
    case Need::Answered:
        return QObject::tr("No call of yours is answered.");
    case Need::Ringing:
        return QObject::tr("Nobody is calling at the moment.");
    case Need::Notice:
        return QObject::tr("There is no notice to dismiss.");
    case Need::Nothing:
        break;
    }
    return {};
}

} // namespace ui
