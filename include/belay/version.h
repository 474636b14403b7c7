/* room: base
 * The version of this build: "1.2.3" for a release, "1.2.3-4-gabc1234" or "0.1.0+gabc1234" between
 * releases, with ".dirty" when the checkout had changes.
 */
#ifndef BELAY_VERSION_H
#define BELAY_VERSION_H

extern const char belay_version[];

#endif
