// SPDX-License-Identifier: Apache-2.0
// Calls, accounts, stories and the fixes an explanation offers.
#include <ui/deeds.h>

#include <algorithm>
#include <diagnosis/flow_facts.h>
#include <QFileDialog>
#include <QMainWindow>
#include <QPushButton>
#include <ui/bridge/desk_bridge.h>
#include <ui/focus.h>
#include <ui/keychain.h>
#include <ui/panels/account_dialog.h>
#include <ui/panels/bars.h>
#include <ui/panels/dial_bar.h>
#include <ui/settings.h>
#include <ui/text.h>
#include <utility>

namespace ui {
namespace {

bool isUp(const std::pair<const std::uint32_t, base::FlowReport> &flow)
{
    return base::isUp(flow.second.state);
}

/// The address of an account whose registrar said no, empty without one.
std::string refusedAccount(const std::map<std::uint32_t, desk::AccountInfo> &accounts)
{
    for (const auto &[handle, info] : accounts) {
        const bool refused =
            std::any_of(info.flows.begin(), info.flows.end(), [](const auto &flow) {
                return flow.second.state == base::FlowState::Rejected;
            });
        if (refused)
            return info.account.aor;
    }
    return {};
}

/// The first account used before that is not here; empty: none. After a start it is most often the
/// one that is wanted.
std::string waitingAccount(const Settings &settings,
                           const std::map<std::uint32_t, desk::AccountInfo> &accounts)
{
    for (const SavedAccount &saved : settings.accounts()) {
        const auto same = [&](const auto &each) {
            return each.second.account.aor == saved.account.aor;
        };
        if (std::none_of(accounts.begin(), accounts.end(), same))
            return saved.account.aor;
    }
    return {};
}

} // namespace

void Deeds::playStory(const QString &name)
{
    m_parts.focus->followNext();
    if (m_parts.bridge->startStory(toStd(name)))
        showLadder();
}

void Deeds::addAccount(const std::string &again, bool refused)
{
    auto *dialog = new AccountDialog(*m_parts.settings, *m_parts.keychain, m_parts.window);
    if (again.empty())
        dialog->propose(waitingAccount(*m_parts.settings, m_parts.bridge->store().accounts()));
    else if (refused)
        dialog->askAgain(again);
    else
        dialog->propose(again);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog->certificates(), &QPushButton::clicked, this,
            [this, dialog] { networkSettings(dialog); });
    connect(dialog, &QDialog::accepted, this,
            [this, dialog] { registerAccount(dialog->account()); });
    dialog->open();
}

// The same address once more: what failed gives way, what works is not thrown away by a slip.
void Deeds::registerAccount(const SavedAccount &account)
{
    const auto accounts = m_parts.bridge->store().accounts(); // a copy: removing changes it
    for (const auto &[handle, info] : accounts) {
        if (info.account.aor != account.account.aor)
            continue;
        if (std::any_of(info.flows.begin(), info.flows.end(), isUp)) {
            say(tr("%1 is registered already. Un-register it first (Ctrl+Shift+N), then add it "
                   "again.")
                    .arg(shown(info.account.aor)),
                true);
            return;
        }
        m_parts.bridge->removeAccount({handle});
    }
    if (!m_parts.bridge->addAccount(account.account, account.answer, account.answerOnly))
        return;
    keepAccount(account);
    m_parts.focus->followNext();
}

/// The account into the settings, its password into the keychain, or out of it.
void Deeds::keepAccount(SavedAccount account)
{
    const QString password =
        QString::fromStdString(std::exchange(account.account.credentials.password, {}));
    const auto known = m_parts.settings->accounts();
    const bool wasKept = std::any_of(known.begin(), known.end(), [&](const SavedAccount &each) {
        return each.account.aor == account.account.aor && each.keepPassword;
    });
    m_parts.settings->saveAccount(account);
    if (wasKept && !account.keepPassword)
        m_parts.keychain->forget(account.account.aor);
    if (!account.keepPassword || password.isEmpty())
        return;
    const auto told = [this, aor = account.account.aor](const QString &problem) {
        if (problem.isEmpty())
            return;
        for (SavedAccount &each : m_parts.settings->accounts()) { // it may be forgotten by now
            if (each.account.aor != aor)
                continue;
            each.keepPassword = false;
            m_parts.settings->saveAccount(each);
        }
        say(tr("The password of %1 is not kept, it will be asked for again: %2.")
                .arg(shown(aor), problem),
            true);
    };
    m_parts.keychain->keep(account.account.aor, password, this, told);
}

/// What a registrar refused is news no more once the account was taken away.
void Deeds::dismissRefusals()
{
    const auto &accounts = m_parts.bridge->store().accounts();
    std::erase_if(m_refusals, [&](const auto &refusal) {
        if (accounts.contains(refusal.first >> 8U))
            return false;
        if (!refusal.second.isEmpty())
            m_parts.notices->dismiss(refusal.second);
        return true;
    });
}

/// A registrar's refusal ends in a sentence, once; it leaves when the flow is up after all.
void Deeds::watchAccounts()
{
    dismissRefusals();
    for (const auto &[handle, info] : m_parts.bridge->store().accounts()) {
        for (const auto &flow : info.flows) {
            const auto &[regId, report] = flow;
            QString &told = m_refusals[handle << 8U | (regId & 0xFFU)];
            if (isUp(flow) && !told.isEmpty()) {
                m_parts.notices->dismiss(std::exchange(told, {}));
                continue;
            }
            const bool another = std::any_of(info.flows.begin(), info.flows.end(), isUp);
            const QString sentence = another
                                         ? tr("Flow %1 of %2 is not registered: %3")
                                               .arg(regId)
                                               .arg(shown(info.account.aor), shown(report.reason))
                                         : tr("%1 is not registered: %2")
                                               .arg(shown(info.account.aor), shown(report.reason));
            if (report.state != base::FlowState::Rejected || sentence == told)
                continue;
            if (!told.isEmpty()) // said anew now that another flow is up, or that none is any more
                m_parts.notices->dismiss(told);
            told = sentence;
            const auto settings = [this, aor = info.account.aor] { addAccount(aor); };
            const std::string topic = "refused " + info.account.aor; // one bar for all its flows
            m_parts.notices->add(sentence, true, shown(topic), {tr("Account..."), settings});
        }
    }
}

void Deeds::record(engine::CallHandle call, bool on)
{
    if (!on) {
        m_parts.bridge->record(call, {});
        return;
    }
    const QString key = QStringLiteral("files/recordings");
    QString folder = m_parts.settings->text(key);
    if (folder.isEmpty())
        folder =
            QFileDialog::getExistingDirectory(m_parts.window, tr("Where should recordings go?"));
    if (folder.isEmpty())
        return;
    m_parts.settings->setText(key, folder);
    m_parts.bridge->record(call, folder);
    say(tr("Each early dialog is recorded into %1, one WAV each.").arg(shown(toStd(folder))),
        false);
}

void Deeds::fix(diagnosis::Action action, const CallPtr &call)
{
    using diagnosis::Action;
    if (action == Action::ReRegister) {
        reRegister(call);
    } else if (action == Action::CheckPassword) {
        const std::string aor = refusedAccount(m_parts.bridge->store().accounts());
        if (aor.empty())
            m_parts.dial->focusPassword();
        else
            addAccount(aor);
    } else if (action != Action::None) {
        callAgain(action, call);
    }
}

// The flow the explanation speaks of is not always ours to name; every flow of ours that is not up
// registers again, and if all are up, all do: that is what the text promises.
void Deeds::reRegister(const CallPtr &)
{
    const auto &accounts = m_parts.bridge->store().accounts();
    if (accounts.empty()) {
        say(tr("No account of yours is registered here. Add it, then its flows can register "
               "again."),
            false);
        addAccount();
        return;
    }
    int asked = 0;
    for (const auto &[handle, info] : accounts) {
        const bool allUp = std::all_of(info.flows.begin(), info.flows.end(), isUp);
        for (const auto &flow : info.flows) {
            if (!allUp && isUp(flow))
                continue;
            m_parts.bridge->reRegister({handle}, flow.first);
            ++asked;
        }
    }
    tell("flow", tr("Registering again now: %1.")
                     .arg(counted(static_cast<qulonglong>(asked), tr("flow"), tr("flows"))));
}

void Deeds::callAgain(diagnosis::Action action, const CallPtr &call)
{
    using diagnosis::Action;
    if (!call)
        return;
    const desk::CallInfo *own = m_parts.bridge->store().ownCall(call->call->callId);
    if (own == nullptr || own->incoming) {
        m_parts.dial->setTarget(shown(call->call->requestUri));
        m_parts.dial->focusTarget();
        say(tr("This call was not placed from here. Its target stands in the test-call bar; check "
               "it, then Call."),
            false);
        return;
    }
    m_parts.focus->followNext();
    if (action == Action::CallAgain) {
        m_parts.bridge->callAgain(call->call->callId);
        return;
    }
    desk::CallOptions options = own->options;
    if (action == Action::CallWithoutReliable)
        options.reliability = engine::Reliability::Off;
    if (action == Action::CallOverTcp)
        options.transport = base::Transport::Tcp;
    m_parts.bridge->place(options);
}

void Deeds::explainFlow(const base::FlowReport &report)
{
    for (const FlowPtr &flow : m_parts.bridge->store().flows()) {
        const bool same =
            flow->ours && flow->report.aor == report.aor && flow->report.regId == report.regId;
        if (!same)
            continue;
        trace::RowId row = diagnosis::troubleOf(*flow, m_parts.bridge->store().trace());
        for (const trace::RowId last : {flow->lastResponse, flow->lastRegister})
            row = row.valid() ? row : last;
        if (!row.valid())
            continue;
        diagnosis::EvidenceRef evidence;
        evidence.row = row;
        m_parts.focus->jump(evidence);
        return;
    }
    say(report.reason.empty() ? tr("Nothing was seen on this flow yet.") : shown(report.reason),
        false);
}

} // namespace ui
