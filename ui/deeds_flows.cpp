// SPDX-License-Identifier: Apache-2.0
// What is done about a failed flow from the explanation of it.
#include <ui/deeds.h>

#include <algorithm>
#include <diagnosis/flow_facts.h>
#include <QMainWindow>
#include <QPointer>
#include <ui/bridge/desk_bridge.h>
#include <ui/focus.h>
#include <ui/panels/ask_dialog.h>
#include <ui/panels/bars.h>
#include <ui/panels/drill_dialog.h>
#include <ui/panels/idle_dialog.h>
#include <ui/panels/self_call_dialog.h>
#include <ui/settings.h>
#include <ui/text.h>

namespace ui {
namespace {

FlowPtr flowOf(const Store &store, flows::FlowId id)
{
    const auto at = std::find_if(store.flows().begin(), store.flows().end(),
                                 [&](const FlowPtr &flow) { return flow->id == id; });
    return at == store.flows().end() ? nullptr : *at;
}

/// Invalid: that account is not there any more.
engine::AccountHandle accountOf(const Store &store, const FlowPtr &flow)
{
    for (const auto &[handle, info] : store.accounts()) {
        if (flow && info.account.aor == flow->report.aor && !info.leaving)
            return {handle};
    }
    return {};
}

/// nullptr: the account or the flow is gone.
const base::FlowReport *reportOf(const Store &store, engine::AccountHandle account,
                                 std::uint32_t regId)
{
    const auto at = store.accounts().find(account.value);
    if (at == store.accounts().end())
        return nullptr;
    const auto flow = at->second.flows.find(regId);
    return flow == at->second.flows.end() ? nullptr : &flow->second;
}

QString named(const base::FlowReport &report)
{
    return Deeds::tr("Flow %1 (%2)").arg(report.regId).arg(shown(report.edge));
}

QString withoutAccount()
{
    return Deeds::tr("The account of this flow is not here any more. Add it again.");
}

} // namespace

void Deeds::take(const diagnosis::Offer &offer, const CallPtr &call)
{
    using diagnosis::Action;
    if (offer.action == Action::PingFlow || offer.action == Action::ReRegister)
        tend(offer);
    else
        mend(offer, call);
}

/// What is done to a flow of ours needs no call: its own REGISTER is explained like any other.
void Deeds::tend(const diagnosis::Offer &offer)
{
    const Store &store = m_parts.bridge->store();
    const FlowPtr flow = flowOf(store, offer.flow);
    const auto account = accountOf(store, flow);
    if (!account.valid()) {
        say(withoutAccount(), true);
    } else if (offer.action == diagnosis::Action::PingFlow) {
        pingFlow(account, flow->report.regId);
    } else {
        registerFlow(account, flow->report.regId);
        tell("flow", tr("%1 registers again now.").arg(named(flow->report)));
    }
}

void Deeds::mend(const diagnosis::Offer &offer, const CallPtr &call)
{
    using diagnosis::Action;
    const Store &store = m_parts.bridge->store();
    const desk::CallInfo *own = call ? store.ownCall(call->call->callId) : nullptr;
    const FlowPtr flow = flowOf(store, offer.flow);
    const auto account = accountOf(store, flow);
    if (own == nullptr) {
        say(tr("This call is not under way here any more."), true);
    } else if (offer.action == Action::CallOverOtherFlow && !account.valid()) {
        say(withoutAccount(), true);
    } else if (offer.action == Action::CallOverOtherFlow) {
        desk::CallOptions options = own->options;
        options.account = account;
        options.extras.flow = flow->report.regId;
        m_parts.focus->followNext();
        m_parts.bridge->place(options);
    } else if (offer.action == Action::CallReplacing) {
        replaceDialog(call, flow);
    } else if (offer.action == Action::HangUp) {
        m_parts.bridge->hangUp(own->handle);
    }
}

/// The new dialog asks the peer to take it instead of the old one, which the peer then ends with a
/// BYE (RFC 3891 section 3). A peer that does not know Replaces says 420, so it never rings twice.
void Deeds::replaceDialog(const CallPtr &call, const FlowPtr &flow)
{
    const Store &store = m_parts.bridge->store();
    const desk::CallInfo *own = store.ownCall(call->call->callId);
    const auto plan = diagnosis::replacementOf(store.evidence(*call));
    if (own == nullptr || !plan) {
        say(tr("The dialog is over, so there is nothing to replace. Call again instead."), true);
        return;
    }
    desk::CallOptions options;
    if (!own->incoming)
        options = own->options;
    else if (flow) // what an incoming call came with says nothing of calls to its sender
        options.from = flow->report.aor;
    if (const auto account = accountOf(store, flow); account.valid()) {
        options.account = account;
        options.extras.flow = flow->report.regId;
    }
    options.target = plan->target;
    options.extras.requestUri.clear();
    options.extras.headers.emplace_back("Replaces", plan->replaces);
    options.extras.headers.emplace_back("Require", "replaces");
    m_parts.focus->followNext();
    m_parts.bridge->place(options);
}

namespace {

/// The bridge may go before the dialog that calls.
desk::DrillCalls::Phone phoneOf(const QPointer<DeskBridge> &bridge)
{
    return {[bridge](const desk::CallOptions &options) {
                return bridge ? bridge->place(options) : engine::CallHandle{};
            },
            [bridge](engine::CallHandle call) {
                if (bridge)
                    bridge->hangUp(call);
            }};
}

} // namespace

/// Breaks something on purpose, so it asks first; the sheet stays open beside the ladder.
void Deeds::drill(engine::AccountHandle account, std::uint32_t regId, engine::Drill what)
{
    auto *dialog = new DrillDialog(m_parts.bridge->store(), *m_parts.theme, {account, regId}, what,
                                   phoneOf(m_parts.bridge), m_parts.window);
    connect(dialog, &DrillDialog::agreed, m_parts.bridge, &DeskBridge::drill);
    dialog->show();
}

void Deeds::searchIdle(engine::AccountHandle account, std::uint32_t regId)
{
    auto *dialog = new IdleDialog(m_parts.bridge->store(), *m_parts.theme, {account, regId}, {},
                                  m_parts.window);
    connect(dialog, &IdleDialog::leaveAloneWanted, m_parts.bridge, &DeskBridge::leaveAlone);
    connect(dialog, &IdleDialog::reRegisterWanted, m_parts.bridge, &DeskBridge::reRegister);
    dialog->show();
}

void Deeds::callSelf(engine::AccountHandle account, std::uint32_t regId)
{
    auto *dialog = new SelfCallDialog(m_parts.bridge->store(), *m_parts.theme, {account, regId},
                                      phoneOf(m_parts.bridge), m_parts.window);
    dialog->show();
}

/// Undone by one press: what was registered can register again.
void Deeds::unregister(engine::AccountHandle handle)
{
    const auto &accounts = m_parts.bridge->store().accounts();
    const auto at = accounts.find(handle.value);
    if (at == accounts.end())
        return;
    SavedAccount back;
    back.account = at->second.account;
    back.answer = at->second.answer;
    back.answerOnly = at->second.answerOnly;
    const auto &calls = m_parts.bridge->store().ownCalls();
    const bool talks = std::any_of(calls.begin(), calls.end(), [handle](const auto &each) {
        return each.second.options.account == handle && !desk::isOver(each.second);
    });
    m_parts.bridge->removeAccount(handle); // `at` is gone
    const QString who = shown(back.account.aor);
    const auto again = [this, back] {
        if (!back.account.credentials.user.empty())
            addAccount(back.account.aor, false); // its password is not kept here
        else if (m_parts.bridge->addAccount(back.account, back.answer, back.answerOnly))
            m_parts.focus->followNext();
    };
    QString told = tr("%1 is being un-registered: each flow takes its binding away and closes. No "
                      "call reaches it then.")
                       .arg(who);
    if (talks)
        told += ' ' + tr("Its calls are hung up, for their flows close.");
    m_parts.notices->add(told, false, QStringLiteral("account"), {tr("Register again"), again});
}

void Deeds::unregisterOne()
{
    const auto &accounts = m_parts.bridge->store().accounts();
    if (accounts.empty())
        return tell("account", tr("No account of yours is registered here."));
    if (accounts.size() == 1)
        return unregister({accounts.begin()->first});
    Question question;
    question.title = tr("Un-register an account");
    question.text = tr("Which account is to be switched off?");
    for (const auto &[handle, info] : accounts)
        question.offered << shown(info.account.aor);
    question.now = question.offered.front();
    question.missing = tr("Choose one of the accounts.");
    question.wrong = [offered = question.offered](const QString &aor) {
        return offered.contains(aor) ? QString() : tr("No account of that address is here.");
    };
    ask(std::move(question), {}, false, [this](const QString &aor) {
        for (const auto &[handle, info] : m_parts.bridge->store().accounts()) {
            if (shown(info.account.aor) == aor)
                return unregister({handle});
        }
    });
}

void Deeds::pingFlow(engine::AccountHandle account, std::uint32_t regId)
{
    m_pinged = {account, regId, base::now(), {}};
    m_parts.bridge->ping(account, regId);
}

void Deeds::registerFlow(engine::AccountHandle account, std::uint32_t regId)
{
    const auto *now = reportOf(m_parts.bridge->store(), account, regId);
    m_registered = {account, regId, base::now(),
                    now == nullptr ? base::Instant{} : now->registeredUntil};
    m_parts.bridge->reRegister(account, regId);
}

void Deeds::tellRegistered()
{
    const auto *report =
        reportOf(m_parts.bridge->store(), m_registered.account, m_registered.regId);
    if (!m_registered.since.known() || report == nullptr)
        return;
    using base::FlowState;
    if (base::isRegistered(report->state) && report->registeredUntil > m_registered.until) {
        tell("flow", tr("%1 is registered again, for %2 s.")
                         .arg(named(*report))
                         .arg(qRound(base::toSeconds(report->registeredUntil - base::now()))));
    } else if (report->since > m_registered.since && report->state == FlowState::BackingOff) {
        tell("flow", tr("%1 could not register: %2").arg(named(*report), shown(report->reason)),
             true);
    } else if (report->since <= m_registered.since || report->state != FlowState::Rejected) {
        return; // a refusal is told by watchAccounts()
    }
    m_registered = {};
}

void Deeds::tellPinged()
{
    const auto *known = reportOf(m_parts.bridge->store(), m_pinged.account, m_pinged.regId);
    if (!m_pinged.since.known() || known == nullptr)
        return;
    const base::FlowReport &report = *known;
    if (report.lastPong >= m_pinged.since) {
        tell("flow", tr("%1 answered the ping after %2 ms: our side works.")
                         .arg(named(report))
                         .arg(base::toSeconds(report.pongRoundTrip) * 1000, 0, 'f', 1));
    } else if (report.lastPing >= m_pinged.since && (report.state == base::FlowState::Failed ||
                                                     report.state == base::FlowState::BackingOff)) {
        tell("flow",
             tr("%1 did not answer the ping: it is dead and is made anew.").arg(named(report)),
             true);
    } else {
        return;
    }
    m_pinged = {};
}

} // namespace ui
