/*
 * multicast.h - what multicast_sender and multicast_receiver agree on. See
 * ip(7) and udp(7).
 */

/*
 * The group: an IPv4 address that belongs to no machine. A datagram that is
 * sent to it reaches every socket that has joined. Such addresses are
 * 224.0.0.0 to 239.255.255.255; those that begin with 239.255 are for anybody
 * to use locally (RFC 2365). With -g both programs take another one.
 */
#define GROUP "239.255.12.34"

/* The UDP port, 1 to 65535. UDP and TCP do not share their ports. */
#define GROUP_PORT "12346"

/*
 * The interface on which the group is joined and sent to: loopback, so that
 * no datagram leaves this machine. Every user of this machine may join and
 * send.
 */
#define INTERFACE "127.0.0.1"

/*
 * One datagram is one message: text of 0 to TEXT_SIZE bytes, without a NUL at
 * its end. Its length is the datagram's. Short as it is, it travels in one
 * piece on any usual network: it arrives whole or not at all, and nobody tells
 * the sender which.
 */
#define TEXT_SIZE 1024
