// SPDX-License-Identifier: Apache-2.0
// A red bar that stays as long as certificates are taken without verification: whose, and where to
// take that back. UI thread.
#pragma once

#include <QWidget>

class QLabel;

namespace ui {

class Trust;

class TrustBar : public QWidget
{
    Q_OBJECT
public:
    explicit TrustBar(Trust &trust, QWidget *parent = nullptr);

Q_SIGNALS:
    void showWanted();

private:
    void refresh();

    Trust &m_trust;
    QLabel *m_text;
};

} // namespace ui
