/* room: config */
