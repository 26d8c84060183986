function start(){d.querySelectorAll('form[data-beckon="'+F.id+'"]').forEach(live)}
