// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/offer_buttons.h>

#include <algorithm>
#include <QCoreApplication>
#include <QGridLayout>
#include <QPushButton>
#include <ui/text.h>

namespace ui {
namespace {

constexpr int kColumns = 2;

bool same(const diagnosis::Offer &a, const diagnosis::Offer &b)
{
    return a.action == b.action && a.flow == b.flow && a.text == b.text;
}

} // namespace

QString actionText(diagnosis::Action action)
{
    using diagnosis::Action;
    struct Entry {
        Action action;
        const char *text;
    };
    static constexpr Entry kEntries[] = {
        {Action::ReRegister, QT_TRANSLATE_NOOP("ui", "Re-register now")},
        {Action::CallAgain, QT_TRANSLATE_NOOP("ui", "Call again")},
        {Action::CallWithoutReliable, QT_TRANSLATE_NOOP("ui", "Call again without 100rel")},
        {Action::CallOverTcp, QT_TRANSLATE_NOOP("ui", "Call again over TCP")},
        {Action::CheckPassword, QT_TRANSLATE_NOOP("ui", "Enter the password again")},
        {Action::PingFlow, QT_TRANSLATE_NOOP("ui", "Ping own flow")},
        {Action::CallOverOtherFlow, QT_TRANSLATE_NOOP("ui", "Call over other flow")},
        {Action::CallReplacing, QT_TRANSLATE_NOOP("ui", "Replace the dialog")},
        {Action::HangUp, QT_TRANSLATE_NOOP("ui", "Stop")},
    };
    for (const Entry &entry : kEntries) {
        if (entry.action == action)
            return QCoreApplication::translate("ui", entry.text);
    }
    return {};
}

OfferButtons::OfferButtons(QWidget *parent) : QWidget(parent), m_grid(new QGridLayout(this))
{
    setObjectName(QStringLiteral("offers"));
    setAccessibleName(tr("What can be done from here"));
    m_grid->setContentsMargins(16, 8, 16, 0);
    m_grid->setSpacing(8);
    hide();
}

void OfferButtons::setOffers(const std::vector<diagnosis::Offer> &offers)
{
    std::vector<diagnosis::Offer> possible;
    std::copy_if(offers.begin(), offers.end(), std::back_inserter(possible),
                 [](const diagnosis::Offer &offer) { return offer.possible; });
    const bool changed =
        !std::equal(possible.begin(), possible.end(), m_offers.begin(), m_offers.end(), same);
    setVisible(!possible.empty());
    if (!changed)
        return; // a button that is being pressed stays
    const QWidget *focused = window()->focusWidget();
    const bool held = focused != nullptr && isAncestorOf(focused);
    const QString name = held ? focused->objectName() : QString();
    m_offers = std::move(possible);
    QList<QWidget *> before;
    while (QLayoutItem *item = m_grid->takeAt(0)) {
        before << item->widget();
        delete item;
    }
    int at = 0;
    for (const diagnosis::Offer &offer : m_offers) {
        auto *button = new QPushButton(actionText(offer.action), this);
        button->setObjectName(QStringLiteral("offer-") +
                              QString::fromLatin1(diagnosis::actionName(offer.action).data()));
        button->setToolTip(shown(offer.text));
        button->setAccessibleDescription(shown(offer.text));
        button->setProperty("accent", at == 0);
        connect(button, &QPushButton::clicked, this, [this, offer] { Q_EMIT wanted(offer); });
        m_grid->addWidget(button, at / kColumns, at % kColumns);
        if (held && (at == 0 || button->objectName() == name)) {
            button->show(); // what was pressed may be pressed again; the keys do not wander off
            button->setFocus(Qt::OtherFocusReason);
        }
        ++at;
    }
    for (QWidget *button : before) {
        button->hide();
        button->deleteLater();
    }
}

} // namespace ui
