// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/confirm_call.h>

#include <base/endpoint.h>
#include <base/text.h>
#include <QMessageBox>
#include <QPushButton>
#include <sip/uri.h>
#include <ui/settings.h>
#include <ui/text.h>

namespace ui {
namespace {

bool isThisComputer(const std::string &host)
{
    const auto address = base::Address::parse(host);
    return address ? address->isLoopback() : host == "localhost";
}

} // namespace

void confirmCall(QWidget *parent, Settings &settings, const std::string &target,
                 std::function<void()> go)
{
    const sip::Uri uri = sip::parseUri(target);
    // What is no URI goes on without a question: it is refused with the reason.
    const std::string host = uri.ok ? base::lower(uri.host) : "";
    if (host.empty() || isThisComputer(host) || settings.isConfirmed(shown(host))) {
        go();
        return;
    }
    auto *question = new QMessageBox(parent);
    question->setObjectName(QStringLiteral("confirmCall"));
    question->setAttribute(Qt::WA_DeleteOnClose);
    question->setIcon(QMessageBox::Question);
    question->setTextFormat(Qt::PlainText);
    question->setText(QObject::tr("Send a real call to %1?").arg(shown(host)));
    question->setInformativeText(
        QObject::tr("Somebody's phone may ring. The question comes once for each host."));
    QPushButton *yes = question->addButton(QObject::tr("&Call"), QMessageBox::AcceptRole);
    yes->setObjectName(QStringLiteral("confirmYes"));
    question->addButton(QMessageBox::Cancel);
    question->setDefaultButton(QMessageBox::Cancel);
    QObject::connect(yes, &QPushButton::clicked, parent, [&settings, host, go = std::move(go)] {
        settings.confirm(shown(host));
        go();
    });
    question->open();
}

} // namespace ui
