// SPDX-License-Identifier: Apache-2.0
// A button for each thing that can be done from here about a failure; what cannot be done has none.
// UI thread.
#pragma once

#include <diagnosis/finding.h>
#include <QWidget>
#include <vector>

class QGridLayout;

namespace ui {

class OfferButtons : public QWidget
{
    Q_OBJECT
public:
    explicit OfferButtons(QWidget *parent = nullptr);

    /// Hides itself when nothing of it is possible.
    void setOffers(const std::vector<diagnosis::Offer> &offers);

Q_SIGNALS:
    void wanted(const diagnosis::Offer &offer);

private:
    QGridLayout *m_grid;
    std::vector<diagnosis::Offer> m_offers; // the possible ones, as the buttons stand
};

QString actionText(diagnosis::Action action); // "Re-register now", empty for None

} // namespace ui
