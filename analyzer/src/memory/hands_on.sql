multiIf(
    ip_protocol != 6, '',
    app = 'ssh' OR (dst_port = 22 AND app = ''), 'ssh',
    app = 'rdp' OR (dst_port = 3389 AND app IN ('', 'tls')), 'rdp',
    app = 'smb' OR (dst_port IN (139, 445) AND app = ''), 'smb',
    app = 'winrm' OR (dst_port IN (5985, 5986) AND app IN ('', 'http', 'tls')), 'winrm',
    app IN ('vnc', 'rfb') OR (dst_port BETWEEN 5900 AND 5903 AND app = ''), 'vnc',
    app = 'telnet' OR (dst_port = 23 AND app = ''), 'telnet',
    app = 'dcerpc' OR (dst_port = 135 AND app = ''), 'rpc',
    dst_port IN (443, 8443) AND app IN ('', 'http', 'tls')
        AND dst_ip IN (SELECT ip FROM entity WHERE role IN {web_roles:Array(String)}), 'https',
    '')
